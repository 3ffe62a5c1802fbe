// The ES modules of all frameworks: nothing is said of them at set-up.
import * as livekit from '@livekit/agents';
import * as plugin from '@livekit/agents-plugin-openai';
import * as prompts from '@langchain/core/prompts';
import * as parsers from '@langchain/core/output_parsers';
import * as tools from '@langchain/core/tools';
import * as langgraph from '@langchain/langgraph';
import * as prebuilt from '@langchain/langgraph/prebuilt';
import * as langchainOpenAI from '@langchain/openai';
import * as agents from '@openai/agents';
import * as api from '@opentelemetry/api';
import * as traceable from 'langsmith/traceable';
import * as wrappers from 'langsmith/wrappers';
import * as openai from 'openai';
import * as zod from 'zod';
import * as catalyst from 'catalyst-tracing';
import cases from './framework-cases.cjs';

const sdks = { agents, openai, ...langchainOpenAI, ...langgraph, ...prebuilt };
const helpers = { ...prompts, ...parsers, ...tools, ...traceable, ...wrappers };
await cases.run({ catalyst, api, livekit, plugin, zod, ...sdks, ...helpers });
