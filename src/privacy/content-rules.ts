import type { ResolvedPrivacyFlags } from '../options/privacy-flags.js';

/**
 * What the value under a key may reveal about the people on a call. The class is a property of the
 * key, see `content-keys.ts`. `none` is a value that cannot contain what anybody said: a count, a
 * model name, an enum.
 */
export type ContentClass =
  | 'none'
  /** `input.value` of any span. */
  | 'inputValue'
  /** `input.mime_type`: says nothing once the value is hidden. */
  | 'inputMimeType'
  /** `output.value` of any span. */
  | 'outputValue'
  /** `output.mime_type`. */
  | 'outputMimeType'
  /** Structure of `llm.input_messages.*`: roles, names, call ids, tool calls. */
  | 'inputMessage'
  /** Text of `llm.input_messages.*`. */
  | 'inputText'
  | 'inputImage'
  | 'inputAudio'
  /** Structure of `llm.output_messages.*`. */
  | 'outputMessage'
  | 'outputText'
  | 'outputImage'
  | 'outputAudio'
  /** `llm.tools.*`. */
  | 'llmTools'
  | 'invocationParameters'
  /** `llm.prompts.*` and `llm.prompt_template.*`. */
  | 'prompt'
  /** `llm.choices.*`. */
  | 'choice'
  /** `embedding.*` texts and vectors. */
  | 'embeddingText'
  | 'embeddingVector'
  /** Arguments of a tool call, on the TOOL span. */
  | 'toolArguments'
  /** Description or schema of a tool, on the TOOL span. */
  | 'toolDefinition'
  /** Message or stack of an exception, message of an error status. */
  | 'exception'
  /** `metadata`, `tag.tags` and other values that the application wrote. */
  | 'metadata'
  /** Who took part: user id, participant identity, room name. */
  | 'personal'
  /** A raw attribute with what a person or the model said, input side. */
  | 'rawInput'
  /** A raw attribute with what a person or the model said, output side. */
  | 'rawOutput'
  /** A raw attribute whose content may be of either side. */
  | 'raw';

type FlagName = keyof ResolvedPrivacyFlags;

/** A privacy flag that hides something when it is on. */
export type HideFlag = Extract<FlagName, `hide${string}`>;

/**
 * What can be on: a `hide…` flag, `noPii` (`allowPii: false`, or a project that mandates redaction)
 * and `noContent` (`captureMessageContent: false`).
 */
export type HidingSwitch = HideFlag | 'noPii' | 'noContent';

/** Which switches remove a class of content, and which send `__REDACTED__` in its place. */
export interface ContentRule {
  readonly removedBy: readonly HidingSwitch[];
  readonly redactedBy: readonly HidingSwitch[];
}

const WITHHELD = ['noPii', 'noContent'] as const;
const INPUT_MESSAGES = ['hideInputs', 'hideInputMessages'] as const;
const OUTPUT_MESSAGES = ['hideOutputs', 'hideOutputMessages'] as const;
const INPUT_SIDE = [
  ...INPUT_MESSAGES,
  'hideInputText',
  'hideInputImages',
  'hideInputAudio',
  'hidePrompts',
] as const;
const OUTPUT_SIDE = [
  ...OUTPUT_MESSAGES,
  'hideOutputText',
  'hideOutputAudio',
  'hideChoices',
] as const;

function removedBy(...switches: readonly HidingSwitch[]): ContentRule {
  return { removedBy: [...WITHHELD, ...switches], redactedBy: [] };
}

function redactedBy(...switches: readonly HidingSwitch[]): ContentRule {
  return { removedBy: WITHHELD, redactedBy: switches };
}

/**
 * OpenInference's configuration specification as a table, with a row for what it leaves open: there
 * a value that may be of either side is hidden as soon as one side is.
 *
 * Raw attributes cannot be masked part by part, so they go when a part of them would have to.
 */
export const CONTENT_RULES: Readonly<Record<ContentClass, ContentRule>> = {
  none: { removedBy: [], redactedBy: [] },
  inputValue: redactedBy('hideInputs'),
  inputMimeType: removedBy('hideInputs'),
  outputValue: redactedBy('hideOutputs'),
  outputMimeType: removedBy('hideOutputs'),
  inputMessage: removedBy(...INPUT_MESSAGES),
  inputText: { removedBy: [...WITHHELD, ...INPUT_MESSAGES], redactedBy: ['hideInputText'] },
  inputImage: removedBy(...INPUT_MESSAGES, 'hideInputImages'),
  inputAudio: removedBy(...INPUT_MESSAGES, 'hideInputAudio'),
  outputMessage: removedBy(...OUTPUT_MESSAGES),
  outputText: { removedBy: [...WITHHELD, ...OUTPUT_MESSAGES], redactedBy: ['hideOutputText'] },
  outputImage: removedBy(...OUTPUT_MESSAGES),
  outputAudio: removedBy(...OUTPUT_MESSAGES, 'hideOutputAudio'),
  llmTools: removedBy('hideInputs', 'hideLlmTools'),
  // Independent of the inputs, says the specification; what of them is input is cut out elsewhere.
  invocationParameters: removedBy('hideLlmInvocationParameters'),
  prompt: redactedBy('hideInputs', 'hidePrompts'),
  choice: redactedBy('hideOutputs', 'hideChoices'),
  embeddingText: redactedBy('hideInputs', 'hideEmbeddingsText'),
  // The text can be inferred from its vector, so hiding inputs hides the vector too.
  embeddingVector: redactedBy('hideInputs', 'hideEmbeddingsVectors'),
  toolArguments: redactedBy('hideInputs'),
  toolDefinition: removedBy('hideInputs', 'hideLlmTools'),
  // A provider's error quotes the request, a tool's error what it was working on.
  exception: {
    removedBy: [],
    redactedBy: [...WITHHELD, 'hideInputs', 'hideOutputs'],
  },
  metadata: removedBy('hideInputs', 'hideOutputs'),
  personal: { removedBy: ['noPii'], redactedBy: [] },
  rawInput: removedBy(...INPUT_SIDE),
  rawOutput: removedBy(...OUTPUT_SIDE),
  raw: removedBy(...INPUT_SIDE, ...OUTPUT_SIDE, 'hideLlmTools'),
};

/** Every class of content there is. */
export const CONTENT_CLASSES: readonly ContentClass[] =
  Object.keys(CONTENT_RULES).filter(isContentClass);

function isContentClass(name: string): name is ContentClass {
  return Object.hasOwn(CONTENT_RULES, name);
}

/** What becomes of the content of one class. */
export type ContentAction = 'keep' | 'redact' | 'remove';

/** What these switches do to a class; removal comes before redaction. */
export function actionOn(
  content: ContentClass,
  switches: ReadonlySet<HidingSwitch>,
): ContentAction {
  const { removedBy: removing, redactedBy: redacting } = CONTENT_RULES[content];
  if (removing.some((hiding) => switches.has(hiding))) return 'remove';
  return redacting.some((hiding) => switches.has(hiding)) ? 'redact' : 'keep';
}

/** The switches that these flags turn on. */
export function hidingSwitches(flags: ResolvedPrivacyFlags): ReadonlySet<HidingSwitch> {
  const switches = new Set<HidingSwitch>();
  if (!flags.allowPii) switches.add('noPii');
  if (!flags.captureMessageContent) switches.add('noContent');
  for (const flag of HIDE_FLAGS) if (flags[flag]) switches.add(flag);
  return switches;
}

/** Every flag that hides something when it is on. */
export const HIDE_FLAGS: readonly HideFlag[] = Object.keys({
  hideInputs: true,
  hideOutputs: true,
  hideInputMessages: true,
  hideOutputMessages: true,
  hideInputText: true,
  hideOutputText: true,
  hideInputImages: true,
  hideInputAudio: true,
  hideOutputAudio: true,
  hideLlmTools: true,
  hideLlmInvocationParameters: true,
  hidePrompts: true,
  hideChoices: true,
  hideEmbeddingsText: true,
  hideEmbeddingsVectors: true,
} satisfies Record<HideFlag, true>).filter(isHideFlag);

function isHideFlag(name: string): name is HideFlag {
  return name.startsWith('hide');
}
