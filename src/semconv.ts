// `catalyst-tracing/semconv`: the constants of the attributes that spans carry.

export { Attr, type AttributeKeys } from './semconv/attribute-keys.js';
export {
  OpenInferenceAttribute,
  type InputMessagePrefix,
  type MessagePrefix,
  type OpenInferenceAttributes,
  type OutputMessagePrefix,
} from './semconv/message-attributes.js';
export { MessageRole, type MessageRoleValue } from './semconv/message-attributes.js';
export { SpanKindValues, type SpanKindValue } from './semconv/attribute-keys.js';
