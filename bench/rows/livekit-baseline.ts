/**
 * What `@livekit/agents` 1.9 has loaded of OpenTelemetry and of Node before an application calls
 * `setup()`. Loaded before a row, so that import time and memory are what the row adds in an agent's
 * process. The parts of Node are those that its own modules import.
 */
import 'node:async_hooks';
import 'node:child_process';
import 'node:crypto';
import 'node:events';
import 'node:fs';
import 'node:fs/promises';
import 'node:http';
import 'node:module';
import 'node:net';
import 'node:os';
import 'node:path';
import 'node:perf_hooks';
import 'node:stream';
import 'node:stream/web';
import 'node:tls';
import 'node:url';
import 'node:util';
import 'node:worker_threads';
import '@opentelemetry/api';
import '@opentelemetry/core';
import '@opentelemetry/exporter-trace-otlp-proto';
import '@opentelemetry/resources';
import '@opentelemetry/sdk-trace-base';
import '@opentelemetry/sdk-trace-node';
