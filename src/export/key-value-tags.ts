// Tag bytes, `(field number << 3) | wire type`, of the messages that attributes are made of
// (opentelemetry-proto, common.proto).

/** `KeyValue`. */
export const KEY = 0x0a;
export const VALUE = 0x12;

/** `AnyValue`. */
export const STRING_VALUE = 0x0a;
export const BOOL_VALUE = 0x10;
export const INT_VALUE = 0x18;
export const DOUBLE_VALUE = 0x21;
export const ARRAY_VALUE = 0x2a;

/** `ArrayValue`. */
export const ARRAY_ITEM = 0x0a;
