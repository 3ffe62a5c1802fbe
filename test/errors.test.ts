import { expect, it } from 'vitest';
import {
  CatalystInstrumentationError,
  CatalystTracingError,
  InvalidOptionError,
  InvalidSdkInputError,
  InvalidTracerInputError,
  isCatalystTracingError,
} from '../src/errors.js';

const cause = new Error('beneath');

it.each([
  [new CatalystTracingError('instrumentation_failed', 'text', { cause }), 'instrumentation_failed'],
  [new CatalystInstrumentationError('text', { cause }), 'instrumentation_failed'],
  [new InvalidSdkInputError('text', { cause }), 'invalid_sdk_input'],
  [new InvalidTracerInputError('text', { cause }), 'invalid_tracer_input'],
  [new InvalidOptionError('endpoint', 'text', { cause }), 'invalid_option'],
] as const)('%s has a code, a name of its own and its cause', (error, code) => {
  expect(error).toMatchObject({ code, message: 'text', cause, name: error.constructor.name });
  expect(error).toBeInstanceOf(CatalystTracingError);
  expect(error).toBeInstanceOf(Error);
  expect(isCatalystTracingError(error)).toBe(true);
  expect(String(error)).toBe(`${error.name}: text`);
});

it('what could not be connected is one family', () => {
  expect(new InvalidSdkInputError('text')).toBeInstanceOf(CatalystInstrumentationError);
  expect(new InvalidTracerInputError('text')).toBeInstanceOf(CatalystInstrumentationError);
  expect(new InvalidOptionError('endpoint', 'text')).not.toBeInstanceOf(
    CatalystInstrumentationError,
  );
  expect(new InvalidOptionError('privacy.hideInputs', 'text').option).toBe('privacy.hideInputs');
});

it('an error without a cause has none', () => {
  expect('cause' in new InvalidSdkInputError('text')).toBe(false);
});

it('is recognised across copies of the package, where instanceof fails', async () => {
  // A query makes the module load a second time, as a second copy would.
  const specifier = '../src/errors.js?copy';
  const copy: { InvalidOptionError: typeof InvalidOptionError } = await import(specifier);
  const foreign = new copy.InvalidOptionError('endpoint', 'text');
  expect(foreign).not.toBeInstanceOf(CatalystTracingError);
  expect(isCatalystTracingError(foreign)).toBe(true);
});

it.each([[new Error('text')], [{ code: 'invalid_option' }], [undefined], ['text']])(
  '%s is no error of this package',
  (value) => {
    expect(isCatalystTracingError(value)).toBe(false);
  },
);
