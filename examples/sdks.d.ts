// SDKs of the examples that this repository does not install.
declare module '@openai/agents';
declare module '@ai-sdk/openai';
declare module 'ai';
