import type { ResolvedPrivacyFlags } from '../options/privacy-flags.js';

/** What the value under a key may reveal about the people on a call, see `content-keys.ts`. */
// prettier-ignore
export type ContentClass =
  | 'none' | 'exception' | 'metadata' | 'personal' | 'rawInput' | 'rawOutput' | 'raw'
  | 'inputValue' | 'inputMimeType' | 'inputMessage' | 'inputText' | 'inputImage' | 'inputAudio'
  | 'outputValue' | 'outputMimeType' | 'outputMessage' | 'outputText' | 'outputImage' | 'outputAudio'
  | 'llmTools' | 'invocationParameters' | 'prompt' | 'choice' | 'embeddingText' | 'embeddingVector'
  | 'toolArguments' | 'toolDefinition';

/**
 * What can be on: a `hide…` flag, `noPii` (`allowPii: false`, or a project that mandates redaction)
 * and `noContent` (`captureMessageContent: false`).
 */
export type HidingSwitch =
  Extract<keyof ResolvedPrivacyFlags, `hide${string}`> | 'noPii' | 'noContent';

/** Which switches remove a class of content, and which send `__REDACTED__` in its place. */
interface ContentRule {
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
 */
const CONTENT_RULES: Readonly<Record<ContentClass, ContentRule>> = {
  /** What cannot contain what anybody said: a count, a model name, an enum. */
  none: { removedBy: [], redactedBy: [] },
  inputValue: redactedBy('hideInputs'),
  inputMimeType: removedBy('hideInputs'),
  outputValue: redactedBy('hideOutputs'),
  outputMimeType: removedBy('hideOutputs'),
  /** Structure of messages: roles, names, call ids. */
  inputMessage: removedBy(...INPUT_MESSAGES),
  inputText: { ...removedBy(...INPUT_MESSAGES), redactedBy: ['hideInputText'] },
  inputImage: removedBy(...INPUT_MESSAGES, 'hideInputImages'),
  inputAudio: removedBy(...INPUT_MESSAGES, 'hideInputAudio'),
  outputMessage: removedBy(...OUTPUT_MESSAGES),
  outputText: { ...removedBy(...OUTPUT_MESSAGES), redactedBy: ['hideOutputText'] },
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
  /** Arguments, description and schema of a tool, on its own span. */
  toolArguments: redactedBy('hideInputs'),
  toolDefinition: removedBy('hideInputs', 'hideLlmTools'),
  /** Of an exception and an error status. They quote the request, or what a tool was working on. */
  exception: { removedBy: [], redactedBy: [...WITHHELD, 'hideInputs', 'hideOutputs'] },
  /** `metadata`, tags and other values that the application wrote. */
  metadata: removedBy('hideInputs', 'hideOutputs'),
  /** Who took part: user id, participant identity, room name. */
  personal: { removedBy: ['noPii'], redactedBy: [] },
  // Raw attributes with what a person or a model said: of the input side, of the output side, of
  // either. They cannot be masked part by part, so they go when a part of them would have to.
  rawInput: removedBy(...INPUT_SIDE),
  rawOutput: removedBy(...OUTPUT_SIDE),
  raw: removedBy(...INPUT_SIDE, ...OUTPUT_SIDE, 'hideLlmTools'),
};

/** What becomes of the content of one class. */
export type ContentAction = 'keep' | 'redact' | 'remove';

/** What these switches do to each class; removal comes before redaction. */
export function actionsUnder(switches: ReadonlySet<string>): ReadonlyMap<string, ContentAction> {
  const isOn = (hiding: string): boolean => switches.has(hiding);
  return new Map(
    Object.entries(CONTENT_RULES).map(([content, rule]) => {
      if (rule.removedBy.some(isOn)) return [content, 'remove'];
      return [content, rule.redactedBy.some(isOn) ? 'redact' : 'keep'];
    }),
  );
}

/** The switches that these flags turn on, by the names of {@link HidingSwitch}. */
export function hidingSwitches(flags: ResolvedPrivacyFlags): ReadonlySet<string> {
  const switches = new Set<string>();
  if (!flags.allowPii) switches.add('noPii');
  if (!flags.captureMessageContent) switches.add('noContent');
  for (const [name, isOn] of Object.entries(flags)) {
    if (name.startsWith('hide') && isOn === true) switches.add(name);
  }
  return switches;
}
