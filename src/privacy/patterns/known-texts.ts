const MAX_TEXTS = 512;
const MAX_CHARACTERS = 128 * 1024;

/**
 * What the patterns made of the texts of late. Most of what a span says stood in the one before:
 * names of tools, prompts, the last words of the user. Bounded in number and length, it starts over
 * when it is full.
 */
export class KnownTexts {
  readonly #maskedByText = new Map<string, string>();
  #characters = 0;

  /** What became of a text; `undefined` when that is not known. */
  masked(text: string): string | undefined {
    return this.#maskedByText.get(text);
  }

  add(text: string, masked: string): void {
    const characters = text.length + masked.length;
    if (characters > MAX_CHARACTERS / 4) return;
    this.#characters += characters;
    if (this.#characters > MAX_CHARACTERS || this.#maskedByText.size >= MAX_TEXTS) {
      this.#maskedByText.clear();
      this.#characters = characters;
    }
    this.#maskedByText.set(text, masked);
  }
}
