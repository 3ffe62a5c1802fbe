// Before `setup()`: OpenAI Agents sends traces to OpenAI by itself.
import { setTraceProcessors } from '@openai/agents';

setTraceProcessors([]);
