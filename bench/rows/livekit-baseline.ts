/**
 * What `@livekit/agents` 1.9 loads of OpenTelemetry by itself. Loaded before a row, so that import
 * time and memory are what the row adds in an agent's process.
 */
import '@opentelemetry/api';
import '@opentelemetry/core';
import '@opentelemetry/exporter-trace-otlp-proto';
import '@opentelemetry/resources';
import '@opentelemetry/sdk-trace-base';
import '@opentelemetry/sdk-trace-node';
