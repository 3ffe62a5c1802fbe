import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { ContentClass } from './attribute-sink.js';

/** Where messages go and how private their parts are: the prompt's side or the answer's. */
export interface MessageSide {
  readonly prefix: string;
  readonly structure: ContentClass;
  readonly text: ContentClass;
  readonly image: ContentClass;
  readonly audio: ContentClass;
}

export const INPUT_SIDE: MessageSide = {
  prefix: `${SemanticConventions.LLM_INPUT_MESSAGES}.`,
  structure: 'inputMessage',
  text: 'inputText',
  image: 'inputImage',
  audio: 'inputAudio',
};

export const OUTPUT_SIDE: MessageSide = {
  prefix: `${SemanticConventions.LLM_OUTPUT_MESSAGES}.`,
  structure: 'outputMessage',
  text: 'outputText',
  image: 'outputImage',
  audio: 'outputAudio',
};
