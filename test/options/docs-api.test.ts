import { expect, it } from 'vitest';
import { readMarkedPart, withoutPadding } from '../support/markdown.js';
import { readMembers } from '../support/public-api.js';
import { documentedOptions, renderOptionTables } from './options-markdown.js';

it('docs/api.md shows every option as the code has it', () => {
  expect(withoutPadding(readMarkedPart('docs/api.md', 'options'))).toBe(
    withoutPadding(renderOptionTables()),
  );
});

it('the doc comment of every option names its variables, and its default', () => {
  const options = documentedOptions().flat();
  expect(options.length).toBeGreaterThan(45);
  for (const { name, member, env } of options) {
    if (member === undefined) continue;
    expect(
      env.filter((variable) => !member.doc.includes(`\`${variable}\``)),
      name,
    ).toEqual([]);
    expect(member.defaultText, name).not.toBe('');
  }
});

it.each([
  'SetupOptions',
  'DeliveryOptions',
  'MetricsOptions',
  'PrivacyFlags',
  'SpanIdentityOptions',
  'AgentSpanOptions',
  'ManualSpanOptions',
  'JobOptions',
  'FlushOptions',
])('every option of %s has a default, unless it is required, and an example', (type) => {
  for (const { name, isRequired, defaultText, exampleText } of readMembers('index', type)) {
    if (!isRequired) expect(defaultText, name).not.toBe('');
    expect(exampleText, name).not.toBe('');
  }
});
