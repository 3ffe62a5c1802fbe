import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';

/** Where messages go: the prompt's side or the answer's. */
export interface MessageSide {
  readonly prefix: string;
}

export const INPUT_SIDE: MessageSide = {
  prefix: `${SemanticConventions.LLM_INPUT_MESSAGES}.`,
};

export const OUTPUT_SIDE: MessageSide = {
  prefix: `${SemanticConventions.LLM_OUTPUT_MESSAGES}.`,
};
