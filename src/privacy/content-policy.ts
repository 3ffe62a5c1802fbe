import type { ContentClass } from './content-class.js';
import type { ResolvedPrivacyFlags } from '../options/privacy-flags.js';
import {
  CONTENT_RULES,
  decideVerdict,
  hidingSwitches,
  type ContentRule,
  type HidingSwitch,
  type Verdict,
} from './content-rules.js';
import type { MediaLimits } from './inline-media.js';

const INPUT_MESSAGE_CLASSES: readonly ContentClass[] = [
  'inputMessage',
  'inputText',
  'inputImage',
  'inputAudio',
];

/** What the switches come to, decided once. */
export interface ContentPolicy {
  /** What becomes of each class. A class that is not in it is removed. */
  readonly verdicts: ReadonlyMap<ContentClass, Verdict>;
  /** Whether any switch is on. */
  readonly hidesAnything: boolean;
  /** Outputs are hidden: what the model said before must not come back in the next request. */
  readonly hidesAnswersInInput: boolean;
  /** Inputs are hidden: of the parameters of a call, those that hold words go too. */
  readonly hidesInputParameters: boolean;
  /** Tools are hidden: a request that stands in a value loses those that it offers. */
  readonly hidesOfferedTools: boolean;
  /** Whether of the messages that a model is sent nothing is hidden but long media. */
  readonly keepsInputMessages: boolean;
  readonly media: MediaLimits;
}

/** Decides for every class of content. `rules` is the table to go by. */
export function resolvePolicy(
  flags: ResolvedPrivacyFlags,
  rules: Readonly<Record<ContentClass, ContentRule>> = CONTENT_RULES,
): ContentPolicy {
  const switches = hidingSwitches(flags);
  const verdicts = new Map<ContentClass, Verdict>();
  for (const content of CONTENT_CLASSES) {
    verdicts.set(content, decideVerdict(rules[content], switches));
  }
  const isOn = (...some: readonly HidingSwitch[]): boolean => some.some((one) => switches.has(one));
  const hidesAnswersInInput = isOn('hideOutputs', 'hideOutputMessages', 'hideOutputText');
  return {
    verdicts,
    hidesAnything: switches.size > 0,
    hidesAnswersInInput,
    hidesInputParameters: isOn('hideInputs'),
    hidesOfferedTools: isOn('hideLlmTools'),
    keepsInputMessages:
      !hidesAnswersInInput &&
      INPUT_MESSAGE_CLASSES.every((content) => verdicts.get(content) === 'keep'),
    media: {
      imageMaxLength: isOn('hideInputImages') ? 0 : flags.base64ImageMaxLength,
      audioMaxLength: isOn('hideInputAudio', 'hideOutputAudio') ? 0 : flags.base64AudioMaxLength,
    },
  };
}

/** Every class of content there is. */
export const CONTENT_CLASSES: readonly ContentClass[] =
  Object.keys(CONTENT_RULES).filter(isContentClass);

function isContentClass(name: string): name is ContentClass {
  return Object.hasOwn(CONTENT_RULES, name);
}
