// OpenAI Agents sends its traces to OpenAI as well: not from a test.
import { setTraceProcessors } from '@openai/agents';

setTraceProcessors([]);
