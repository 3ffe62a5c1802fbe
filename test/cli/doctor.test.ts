import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../support/child-process.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { EXPIRED_TLS, LOOPBACK_TLS, OTHER_HOST_TLS } from '../support/loopback-tls.js';
import { startReceiver, type Receiver, type ReceiverOptions } from '../support/otlp-receiver.js';
import type { DoctorReport } from '../../src/cli/doctor/report.js';
import { buildCli, type BuiltCli, type CliOutcome } from './built-cli.js';

const ROOT = join(import.meta.dirname, '..', '..');
const TOKEN = 'key-that-nobody-may-see';

type Variables = Readonly<Record<string, string>>;

let cli: BuiltCli;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  cli = await buildCli();
}, 60_000);
afterAll(() => cli.remove());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function collector(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  cleanups.push(() => receiver.close());
  return receiver;
}

/** Answers everything with one status, whatever it says. */
function answering(
  status: number,
  headers: Record<string, string> = {},
  body = '',
): Promise<Receiver> {
  return collector({
    respond: () => ({ status, headers: { 'content-type': 'text/plain', ...headers }, body }),
  });
}

/** A port of a server that is not there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function grpcPort(): Promise<number> {
  const server = createHttp2Server().listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function plainHttpPort(): Promise<number> {
  const server = createHttpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function base(endpoint: string): Variables {
  return { CATALYST_OTLP_ENDPOINT: endpoint };
}

/** A collector with TLS, whose certificate is trusted for what it is. */
async function trusted(tls: typeof LOOPBACK_TLS): Promise<Variables> {
  const file = join(mkdtempSync(join(cli.emptyDirectory, 'trusted-')), 'authority.pem');
  writeFileSync(file, tls.cert);
  return { ...base((await collector({ tls })).endpoint), OTEL_EXPORTER_OTLP_CERTIFICATE: file };
}

interface BrokenSetup {
  readonly title: string;
  readonly variables: () => Variables | Promise<Variables>;
  /** The code of the finding. */
  readonly code: string;
  /** What the finding says, and what its fix tells to do. */
  readonly says: RegExp;
  readonly fix: RegExp;
}

const BROKEN: readonly BrokenSetup[] = [
  {
    title: 'no endpoint',
    variables: () => ({}),
    code: 'settings.no_endpoint',
    says: /No endpoint is set/,
    fix: /Set CATALYST_OTLP_ENDPOINT/,
  },
  {
    title: 'the keys of Langfuse without its address',
    variables: () => ({ LANGFUSE_PUBLIC_KEY: 'pk-1', LANGFUSE_SECRET_KEY: 'sk-1' }),
    code: 'settings.no_endpoint',
    says: /No endpoint is set/,
    fix: /Set LANGFUSE_BASE_URL next to the keys.*cloud\.langfuse\.com.*us\.cloud\.langfuse\.com/,
  },
  {
    title: 'an endpoint without http://',
    variables: () => base('collector.example.com:4318'),
    code: 'settings.unusable_value',
    says: /CATALYST_OTLP_ENDPOINT must be an http or https URL.*lacks http:\/\//,
    fix: /Correct the value/,
  },
  {
    title: 'an endpoint in quotes, as docker --env-file leaves them',
    variables: () => base('"http://collector.example.com:4318"'),
    code: 'settings.quoted_value',
    says: /CATALYST_OTLP_ENDPOINT has quotes around its value/,
    fix: /Write it without quotes.*--env-file/,
  },
  {
    title: 'headers in quotes, of which nothing is left',
    variables: async () => ({
      ...base((await answering(401)).endpoint),
      OTEL_EXPORTER_OTLP_HEADERS: `'Authorization=Basic ${TOKEN}'`,
    }),
    code: 'settings.quoted_value',
    says: /OTEL_EXPORTER_OTLP_HEADERS has quotes/,
    fix: /Write it without quotes/,
  },
  {
    title: 'a protocol that is none of ours',
    variables: async () => ({
      ...base((await answering(200)).endpoint),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    }),
    code: 'settings.unusable_value',
    says: /OTEL_EXPORTER_OTLP_PROTOCOL must be .*http\/protobuf/,
    fix: /Correct the value/,
  },
  {
    title: 'a switch that somebody forgot',
    variables: async () => ({ ...base((await collector()).endpoint), OTEL_SDK_DISABLED: 'true' }),
    code: 'settings.disabled',
    says: /switched off by OTEL_SDK_DISABLED/,
    fix: /Unset OTEL_SDK_DISABLED/,
  },
  {
    title: 'a sampler that records nothing',
    variables: async () => ({
      ...base((await collector()).endpoint),
      OTEL_TRACES_SAMPLER: 'always_off',
    }),
    code: 'settings.sampled_out',
    says: /OTEL_TRACES_SAMPLER is always_off/,
    fix: /parentbased_always_on/,
  },
  {
    title: '401 without a token',
    variables: async () => base((await answering(401)).endpoint),
    code: 'collector.unauthorized',
    says: /asks for credentials and none are set/,
    fix: /Set CATALYST_OTLP_TOKEN/,
  },
  {
    title: '401 for a token, whose value the collector repeats',
    variables: async () => ({
      ...base((await answering(401, {}, `bad token ${TOKEN}`)).endpoint),
      INFERENCE_API_KEY: TOKEN,
    }),
    code: 'collector.unauthorized',
    says: /does not accept the credentials \(401\)\. It says: bad token \[redacted\]/,
    fix: /Correct the value of INFERENCE_API_KEY/,
  },
  {
    title: '401 for Bearer where Basic is asked for',
    variables: async () => ({
      ...base((await answering(401, { 'www-authenticate': 'Basic realm="api"' })).endpoint),
      CATALYST_OTLP_TOKEN: TOKEN,
    }),
    code: 'collector.unauthorized',
    says: /asks for Basic, and Bearer is sent/,
    fix: /OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic/,
  },
  {
    title: '403 for a key that may not write',
    variables: async () => ({
      ...base((await answering(403)).endpoint),
      CATALYST_OTLP_TOKEN: TOKEN,
    }),
    code: 'collector.forbidden',
    says: /forbids writing traces/,
    fix: /Let the key in CATALYST_OTLP_TOKEN write traces/,
  },
  {
    title: '403 without a token',
    variables: async () => base((await answering(403)).endpoint),
    code: 'collector.forbidden',
    says: /forbids writing traces, and no credentials are set \(403\)/,
    fix: /Set CATALYST_OTLP_TOKEN/,
  },
  {
    title: '404 for a base URL that has /v1 already',
    variables: async () => base(`${(await answering(404)).endpoint}/otel/v1`),
    code: 'collector.path_doubled',
    says: /path is repeated/,
    fix: /Set CATALYST_OTLP_ENDPOINT to http:\/\/127\.0\.0\.1:\d+\/otel$/,
  },
  {
    title: '404 for a traces endpoint that lacks its path',
    variables: async () => ({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: (await answering(404)).endpoint,
    }),
    code: 'collector.path_incomplete',
    says: /does not end in \/v1\/traces/,
    fix: /Set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to http:\/\/127\.0\.0\.1:\d+\/v1\/traces$/,
  },
  {
    title: '404 for a backend that has a path in front',
    variables: async () => base((await answering(404)).endpoint),
    code: 'collector.path_unknown',
    says: /no collector at this path/,
    fix: /\/api\/public\/otel/,
  },
  {
    title: 'a collector that takes no JSON',
    variables: async () => ({
      ...base((await packed((type) => type !== 'application/json')).endpoint),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    }),
    code: 'collector.packing',
    says: /does not accept http\/json \(415\); the same trace was accepted as http\/protobuf/,
    fix: /Set OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf$/,
  },
  {
    title: 'a collector that takes no protobuf',
    variables: async () => base((await packed((type) => type === 'application/json')).endpoint),
    code: 'collector.packing',
    says: /does not accept http\/protobuf/,
    fix: /Set OTEL_EXPORTER_OTLP_PROTOCOL=http\/json$/,
  },
  {
    title: 'a collector that takes no gzip',
    variables: async () =>
      base((await packed((_type, encoding) => encoding === undefined)).endpoint),
    code: 'collector.packing',
    says: /does not accept gzip \(415\)/,
    fix: /Set OTEL_EXPORTER_OTLP_COMPRESSION=none$/,
  },
  {
    title: 'a certificate of an unknown authority',
    variables: async () => base((await collector({ tls: LOOPBACK_TLS })).endpoint),
    code: 'collector.tls_untrusted',
    says: /authority that Node does not know.*DEPTH_ZERO_SELF_SIGNED_CERT/,
    fix: /OTEL_EXPORTER_OTLP_CERTIFICATE/,
  },
  {
    title: 'a certificate that was not renewed',
    variables: () => trusted(EXPIRED_TLS),
    code: 'collector.tls_expired',
    says: /certificate of 127\.0\.0\.1:\d+ has expired.*CERT_HAS_EXPIRED/,
    fix: /Renew the certificate, and look at the clock/,
  },
  {
    title: 'a certificate of another host',
    variables: () => trusted(OTHER_HOST_TLS),
    code: 'collector.tls_name',
    says: /certificate of 127\.0\.0\.1:\d+ is for another host.*ALTNAME_INVALID/,
    fix: /Use a host name of the certificate in CATALYST_OTLP_ENDPOINT/,
  },
  {
    title: 'https to a server without TLS',
    variables: async () => base(`https://127.0.0.1:${await plainHttpPort()}`),
    code: 'collector.not_tls',
    says: /does not speak TLS/,
    fix: /http:\/\/ instead of https:\/\//,
  },
  {
    title: 'http to a server with TLS that says so',
    variables: async () =>
      base((await answering(400, {}, 'The plain HTTP request was sent to HTTPS port')).endpoint),
    code: 'collector.wants_tls',
    says: /needs TLS/,
    fix: /https:\/\/ instead of http:\/\//,
  },
  {
    title: 'http to a server with TLS that hangs up',
    variables: async () =>
      base((await collector({ tls: LOOPBACK_TLS })).endpoint.replace('https:', 'http:')),
    code: 'collector.cut',
    says: /closed the connection without an answer/,
    fix: /needs https:\/\//,
  },
  {
    title: 'a gRPC port',
    variables: async () => base(`http://127.0.0.1:${await grpcPort()}`),
    code: 'collector.not_http',
    says: /gRPC/,
    fix: /4318/,
  },
  {
    title: 'a host that does not exist',
    variables: () => base('http://collector.invalid:4318'),
    code: 'collector.dns',
    says: /collector\.invalid cannot be resolved/,
    fix: /Correct the host in CATALYST_OTLP_ENDPOINT/,
  },
  {
    title: 'a port where nothing listens',
    variables: async () => base(`http://127.0.0.1:${await freePort()}`),
    code: 'collector.refused',
    says: /Nothing listens at 127\.0\.0\.1:\d+/,
    fix: /Start the collector.*In a container, localhost is the container itself/,
  },
  {
    title: 'the port of gRPC where nothing listens',
    variables: () => base('http://127.0.0.1:4317'),
    code: 'collector.refused',
    says: /Nothing listens at 127\.0\.0\.1:4317/,
    fix: /4317 is for gRPC.*4318, in CATALYST_OTLP_ENDPOINT/,
  },
  {
    title: 'a mistyped variable',
    variables: async () => ({
      ...base((await collector()).endpoint),
      CATALYST_OLTP_TOKEN: TOKEN,
    }),
    code: 'settings.unknown_variable',
    says: /CATALYST_OLTP_TOKEN is not a variable of this package/,
    fix: /Did you mean CATALYST_OTLP_TOKEN\?/,
  },
  {
    title: 'a token that was pasted from a document',
    variables: async () => ({
      ...base((await collector()).endpoint),
      CATALYST_OTLP_TOKEN: '<your-token>',
    }),
    code: 'settings.placeholder_token',
    says: /looks like a placeholder/,
    fix: /real one into CATALYST_OTLP_TOKEN/,
  },
  {
    title: 'a collector without a pipeline for metrics',
    variables: async () => ({
      ...base(
        (
          await collector({
            respond: ({ path }) => (path === '/v1/metrics' ? { status: 404 } : {}),
          })
        ).endpoint,
      ),
      CATALYST_METRICS: 'true',
    }),
    code: 'collector.metrics_refused',
    says: /does not accept them \(404\)/,
    fix: /pipeline for metrics/,
  },
  {
    title: 'a proxy that is away',
    variables: async () => ({
      ...base('http://collector.invalid'),
      HTTP_PROXY: `http://127.0.0.1:${await freePort()}`,
    }),
    code: 'collector.proxy_away',
    says: /The proxy 127\.0\.0\.1:\d+ cannot be reached/,
    fix: /Correct HTTP_PROXY.*NO_PROXY=collector\.invalid/,
  },
  {
    title: 'a proxy that wants credentials for a tunnel',
    variables: async () => {
      const proxy = await startForwardProxy({ credentials: 'me:secret' });
      cleanups.push(() => proxy.close());
      return { ...base('https://collector.invalid'), HTTPS_PROXY: proxy.url };
    },
    code: 'collector.proxy_refused',
    says: /does not open a tunnel.*status 407/,
    fix: /HTTPS_PROXY \(http:\/\/user:password@host:port\)/,
  },
  {
    title: 'a collector that does not answer',
    variables: async () => ({
      ...base((await collector({ respond: () => ({ hang: true }) })).endpoint),
      OTEL_EXPORTER_OTLP_TIMEOUT: '400',
    }),
    code: 'collector.timeout',
    says: /did not answer within 400 ms/,
    fix: /firewall.*OTEL_EXPORTER_OTLP_TIMEOUT/,
  },
  {
    title: 'a redirect to a login page, with a secret in its query',
    variables: async () =>
      base((await answering(302, { location: `https://login.example/start?t=${TOKEN}` })).endpoint),
    code: 'collector.redirect',
    says: /a redirect to https:\/\/login\.example\/start \(302\)/,
    fix: /Set CATALYST_OTLP_ENDPOINT to the address/,
  },
  {
    title: 'a gateway whose backend is down',
    variables: async () => base((await answering(503, {}, 'no healthy upstream')).endpoint),
    code: 'collector.server_error',
    says: /fails \(503\)\. It says: no healthy upstream/,
    fix: /whether its own backend is up/,
  },
  {
    title: 'a plan that has run out',
    variables: async () => base((await answering(402, {}, 'trial ended')).endpoint),
    code: 'collector.refused_status',
    says: /refuses the trace \(402\)\. It says: trial ended/,
    fix: /Check whether http:\/\/127\.0\.0\.1:\d+\/v1\/traces is the collector’s address/,
  },
  {
    title: 'a token that travels in clear text to another machine',
    variables: async () => ({
      ...base('http://collector.example'),
      CATALYST_OTLP_TOKEN: TOKEN,
      // Answers in the collector's place, as a proxy with a cache may.
      HTTP_PROXY: (await collector()).endpoint,
    }),
    code: 'collector.clear_text',
    says: /credentials travel unencrypted/,
    fix: /Write https:\/\/ in CATALYST_OTLP_ENDPOINT/,
  },
  {
    title: 'a token in clear text to a name that begins like a private address',
    variables: async () => ({
      ...base('http://10.collector.example'),
      CATALYST_OTLP_TOKEN: TOKEN,
      HTTP_PROXY: (await collector()).endpoint,
    }),
    code: 'collector.clear_text',
    says: /credentials travel unencrypted/,
    fix: /Write https:\/\/ in CATALYST_OTLP_ENDPOINT/,
  },
  {
    title: 'a collector that has had enough',
    variables: async () => base((await answering(429, {}, 'quota exceeded')).endpoint),
    code: 'collector.rate_limited',
    says: /accepts no more traces for now \(429\)\. It says: quota exceeded/,
    fix: /quota of the plan/,
  },
  {
    title: 'a proxy in front whose body limit is nothing',
    variables: async () => base((await answering(413)).endpoint),
    code: 'collector.too_large',
    says: /too large for the collector \(413\)/,
    fix: /client_max_body_size/,
  },
  {
    title: 'a server that cannot read traces at all',
    variables: async () => base((await answering(400, {}, 'unexpected field')).endpoint),
    code: 'collector.bad_request',
    says: /could not read the request \(400\)\. It says: unexpected field/,
    fix: /the collector’s address for OTLP traces over HTTP/,
  },
  {
    title: 'a web page instead of a collector',
    variables: async () =>
      base((await answering(200, { 'content-type': 'text/html' }, '<html>')).endpoint),
    code: 'collector.web_page',
    says: /with a web page/,
    fix: /OTLP over HTTP/,
  },
  {
    title: 'Langfuse without the header of its newer intake',
    variables: async () => base(`${(await collector()).endpoint}/api/public/otel`),
    code: 'collector.langfuse_late',
    says: /ten minutes late/,
    fix: /OTEL_EXPORTER_OTLP_HEADERS: x-langfuse-ingestion-version=4$/,
  },
  {
    title: 'a collector that takes the request and not the span',
    variables: async () =>
      base(
        (
          await answering(
            200,
            { 'content-type': 'application/json' },
            '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}',
          )
        ).endpoint,
      ),
    code: 'collector.rejected',
    says: /rejected the span\. It says: too old/,
    fix: /collector’s log/,
  },
];

/** Takes requests of some packing and answers the others with 415. */
function packed(takes: (type: string, encoding: string | undefined) => boolean): Promise<Receiver> {
  return collector({
    respond: ({ headers }) =>
      takes(headers['content-type'] ?? '', headers['content-encoding']) ? {} : { status: 415 },
  });
}

function reportOf({ stdout }: CliOutcome): DoctorReport {
  return JSON.parse(stdout) as DoctorReport;
}

describe('the doctor', () => {
  it.each(BROKEN)('names the fix for $title', async ({ variables, code, says, fix }) => {
    const env = await variables();
    const outcome = await cli.run(['doctor', '--json'], { env });
    const report = reportOf(outcome);
    const finding = report.findings.find((each) => each.code === code);

    expect(finding, outcome.stdout).toBeDefined();
    expect(finding?.text).toMatch(says);
    expect(finding?.fix).toMatch(fix);
    if (code === 'collector.rate_limited') expect(report.ok).toBe(false);
    const isProblem = report.findings.some(({ level }) => level === 'problem');
    expect({ ok: report.ok, code: outcome.code }).toEqual({
      ok: !isProblem,
      code: isProblem ? 1 : 0,
    });
    expect(outcome.stdout + outcome.stderr).not.toContain(TOKEN);
  });

  it('has a test trace accepted, says so, and shows where each setting is from', async () => {
    const receiver = await collector();
    const { code, stdout, stderr } = await cli.run(['doctor'], {
      directory: ROOT,
      env: {
        ...base(`${receiver.endpoint}/?key=${TOKEN}`),
        CATALYST_OTLP_TOKEN: TOKEN,
        OTEL_EXPORTER_OTLP_HEADERS: `x-tenant=${TOKEN}`,
        OTEL_SERVICE_NAME: 'reception',
        OPENINFERENCE_HIDE_INPUTS: 'true',
      },
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [request] = receiver.requests();
    expect(request?.headers['authorization']).toBe(`Bearer ${TOKEN}`);
    expect(request?.headers['content-encoding']).toBe('gzip');
    expect(receiver.requests()).toHaveLength(1);
    const [span] = receiver.spans();
    expect(span?.resourceAttributes['service.name']).toBe('reception');
    expect(stdout).toContain(`accepted a test trace (200). Look there for trace ${span?.traceId}`);
    expect(stdout).toContain('Tracing works with the settings of this environment');
    expect(stdout).toMatch(/serviceName +reception +OTEL_SERVICE_NAME/);
    expect(stdout).toMatch(/authorization +Bearer \(value not shown\) +CATALYST_OTLP_TOKEN/);
    expect(stdout).toMatch(/headers +x-tenant +OTEL_EXPORTER_OTLP_HEADERS/);
    expect(stdout).toMatch(/privacy\.hideInputs +true +OPENINFERENCE_HIDE_INPUTS/);
    expect(stdout).toMatch(/✓ Node \d+/);
    expect(stdout).toMatch(/✓ @livekit\/agents 1\.\d+\.\d+/);
    expect(stdout).toMatch(/@opentelemetry\/api .*: one copy/);
    expect(stdout).toMatch(/tracer of @livekit\/agents [\d.]+ \(ESM\) leads to this package/);
    expect(stdout).toMatch(/tracer of @livekit\/agents [\d.]+ \(CommonJS\) leads to this package/);
    expect(stdout).toMatch(/LiveKit Cloud’s own tracing stays on/);
    expect(stdout).not.toContain(TOKEN);
    expect(stdout, 'no colours where there is no terminal').not.toContain('\u001B[');
  });

  it('finds the endpoint in a file that nothing has loaded, and works once it is given', async () => {
    const receiver = await collector();
    const directory = mkdtempSync(join(cli.emptyDirectory, 'app-'));
    writeFileSync(join(directory, '.env.local'), `CATALYST_OTLP_ENDPOINT=${receiver.endpoint}\n`);

    const without = reportOf(await cli.run(['doctor', '--json'], { directory }));
    const finding = without.findings.find(({ code }) => code === 'settings.env_file_not_loaded');
    expect(finding?.text).toContain('.env.local sets CATALYST_OTLP_ENDPOINT');
    expect(finding?.fix).toContain('doctor --dotenv .env.local');

    const given = await cli.run(['doctor', '--dotenv', '.env.local'], { directory });
    expect(given.code, given.stdout).toBe(0);
    expect(receiver.spans()).toHaveLength(1);
  });
});

describe('a set-up that the application makes in code', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(ROOT, '.tmp', 'app-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function write(name: string, code: string): string {
    writeFileSync(join(directory, name), code);
    return name;
  }

  it('is looked at as it is: the options that code gave, and their fix', async () => {
    const refusing = await answering(401);
    const file = write(
      'tracing.mjs',
      `import { setup } from ${JSON.stringify(bundled('index'))};
       await setup({ endpoint: '${refusing.endpoint}', token: '${TOKEN}', serviceName: 'in-code' });`,
    );
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    const report = reportOf(outcome);
    const setting = report.settings.find(({ name }) => name === 'endpoint');
    expect(setting).toEqual({ name: 'endpoint', value: refusing.url, from: 'option' });
    const finding = report.findings.find(({ code }) => code === 'collector.unauthorized');
    expect(finding?.fix).toContain('Correct the value of the option `token`');
    const reached = report.findings.filter(({ code }) => code === 'livekit.reached');
    expect(reached.length, outcome.stdout).toBeGreaterThan(0);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout + outcome.stderr).not.toContain(TOKEN);
  });

  it('may be a script that shuts down again, has an unknown option and forgets to wait', async () => {
    const receiver = await collector();
    const prepared = `import { setup } from ${JSON.stringify(bundled('index'))};`;
    const options = `{ endpoint: '${receiver.endpoint}', serviceNam: 'typo', metrics: true }`;
    const script = write(
      'script.mjs',
      `${prepared}\nconst tracing = await setup(${options}); await tracing.shutdown();`,
    );
    const outcome = await cli.run(['doctor', '--json', '--import', script], { directory });
    const report = reportOf(outcome);
    const textOf = (code: string): string | undefined =>
      report.findings.find((each) => each.code === code)?.text;
    expect(report.findings.filter(({ level }) => level === 'problem')).toEqual([]);
    expect(textOf('settings.import_runs')).toMatch(/^script\.mjs was run/);
    expect(textOf('settings.import_shut_down')).toContain('called setup() and shutdown()');
    expect(textOf('settings.setup_warning')).toBe(
      'The option "serviceNam" is not known; it is ignored.',
    );
    expect(textOf('collector.metrics')).toBe('It accepts metrics too.');
    expect(report.tested).toBe('the setup() of script.mjs');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });

    for (const call of [
      `void setup(${options});`,
      `setup({ endpoint: '${receiver.endpoint}' });`,
    ]) {
      const hasty = write('hasty.mjs', `${prepared}\n${call}`);
      const missed = reportOf(
        await cli.run(['doctor', '--json', '--import', hasty], { directory }),
      );
      expect(missed.findings.find(({ code }) => code === 'settings.not_awaited')?.fix).toBe(
        'Write await setup().',
      );
    }
  });

  it('is given up on where its file never settles', async () => {
    const file = write('endless.mjs', 'await new Promise((resolve) => setTimeout(resolve, 1e9));');
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    const finding = reportOf(outcome).findings.find(
      ({ code }) => code === 'settings.import_deadline',
    );
    expect(finding?.text).toBe('endless.mjs was still loading after 8 s.');
    expect(outcome.code).toBe(1);
  }, 20_000);

  it('may be in the file of the agent, which runs LiveKit’s own command', async () => {
    const receiver = await collector();
    const file = write(
      'agent.mjs',
      `import { fileURLToPath } from 'node:url';
       import { cli, defineAgent, ServerOptions } from '@livekit/agents';
       import { setup } from ${JSON.stringify(bundled('index'))};
       await setup({ endpoint: '${receiver.endpoint}', serviceName: 'reception' });
       export default defineAgent({ entry: async () => {} });
       cli.runApp(new ServerOptions({ agent: fileURLToPath(import.meta.url) }));`,
    );
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    expect(outcome.stderr).toBe('');
    const report = reportOf(outcome);
    expect(report.findings.filter(({ level }) => level === 'problem')).toEqual([]);
    expect(report.findings.map(({ code }) => code)).toContain('collector.accepted');
    const services = receiver.spans().map((span) => span.resourceAttributes['service.name']);
    expect([...new Set(services)]).toEqual(['reception']);
    expect(outcome.code).toBe(0);
  });

  it('is missed where something else takes LiveKit’s tracer away after it', async () => {
    const file = write(
      'taken.mjs',
      `import { telemetry } from '@livekit/agents';
       import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
       import { setup } from ${JSON.stringify(bundled('index'))};
       await setup();
       telemetry.setTracerProvider(new NodeTracerProvider());`,
    );
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    const finding = reportOf(outcome).findings.find(({ code }) => code === 'livekit.not_reached');
    expect(finding?.text).toMatch(/\(ESM\) does not lead to this package \(NodeTracerProvider\)/);
    expect(finding?.fix).toMatch(
      /^Call setup\(\) after whatever else sets a tracer provider \(NodeTracerProvider\)/,
    );
    expect(outcome.code).toBe(1);
  });

  it('is missed where another provider takes the process over after it', async () => {
    const file = write(
      'later.mjs',
      `import { trace } from '@opentelemetry/api';
       import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
       import { setup } from ${JSON.stringify(bundled('index'))};
       await setup();
       trace.disable();
       trace.setGlobalTracerProvider(new (class Later extends NodeTracerProvider {})());`,
    );
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    const report = reportOf(outcome);
    const owner = report.findings.find(({ code }) => code === 'livekit.owner_other');
    expect(owner?.text).toContain('is another one (Later); it was left in place');
    // LiveKit, loaded only now, would have been led here by the process's provider.
    expect(report.findings.map(({ code }) => code)).toContain('livekit.not_reached');
    expect(outcome.code).toBe(1);
  });

  it('is told where another provider hides its exporters', async () => {
    const file = write(
      'opaque.mjs',
      `import { ProxyTracerProvider, trace } from '@opentelemetry/api';
       class Vendor { getTracer(name) { return new ProxyTracerProvider().getTracer(name); } }
       trace.setGlobalTracerProvider(new Vendor());`,
    );
    const report = reportOf(await cli.run(['doctor', '--json', '--import', file], { directory }));
    const finding = report.findings.find(({ code }) => code === 'livekit.owner_opaque');
    expect(finding?.text).toContain('(Vendor)');
    expect(finding?.fix).toContain('setup({ exporters: [yourExporter] })');
  });

  it('is not guessed at where the file does not load', async () => {
    const file = write('broken.mjs', `throw new Error('no database');`);
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    const finding = reportOf(outcome).findings.find(
      ({ code }) => code === 'settings.import_failed',
    );
    expect(finding?.text).toBe('broken.mjs could not be loaded: no database');
    expect(finding?.fix).toContain('--import tsx');
    expect(outcome.code).toBe(1);
  });

  it('costs nothing of the report where a file ends the process', async () => {
    const file = write('ending.mjs', 'process.exit(7);');
    const outcome = await cli.run(['doctor', '--json', '--import', file], { directory });
    const finding = reportOf(outcome).findings.find(({ code }) => code === 'settings.import_ends');
    expect(finding?.text).toContain('ends the process');
    expect(finding?.fix).toContain('the file that calls setup() alone');
    expect(outcome.code).toBe(1);
  });

  it('is missed when the file sets nothing up', async () => {
    const file = write('nothing.mjs', 'export {};');
    const report = reportOf(await cli.run(['doctor', '--json', '--import', file], { directory }));
    expect(report.findings.map(({ code }) => code)).toContain('settings.import_without_setup');
  });

  it('is told apart from a provider of somebody else, whose exporter goes on', async () => {
    const file = write(
      'other.mjs',
      `import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
       new NodeTracerProvider({ spanProcessors: [] }).register();`,
    );
    const report = reportOf(await cli.run(['doctor', '--json', '--import', file], { directory }));
    const owner = report.findings.find(({ code }) => code === 'livekit.owner_shared');
    expect(owner?.text).toContain('NodeTracerProvider');
    expect(report.findings.filter(({ code }) => code === 'livekit.reached')).toHaveLength(2);
  });
});

describe('an application with something wrong installed', () => {
  /** An application whose packages are what their manifests and main files say. */
  function install(packages: Readonly<Record<string, { version: string; main?: string }>>): string {
    const directory = mkdtempSync(join(cli.emptyDirectory, 'installed-'));
    for (const [name, { version, main = '' }] of Object.entries(packages)) {
      const target = join(directory, 'node_modules', name);
      mkdirSync(target, { recursive: true });
      const manifest = { name: name.split('/node_modules/').at(-1), version };
      writeFileSync(join(target, 'package.json'), JSON.stringify(manifest));
      writeFileSync(join(target, 'index.js'), main);
    }
    return directory;
  }

  it.each([
    {
      title: 'a LiveKit without telemetry',
      packages: { '@livekit/agents': { version: '1.1.0' } },
      code: 'versions.livekit_old',
      says: /1\.1\.0 has no telemetry/,
      fix: /npm install @livekit\/agents@latest/,
    },
    {
      title: 'a LiveKit that does not load on this platform',
      packages: {
        '@livekit/agents': { version: '1.9.0', main: `throw new Error('no native binding');` },
      },
      code: 'livekit.does_not_load',
      says: /cannot be loaded: no native binding/,
      fix: /Install it again for this platform/,
    },
    {
      title: 'another version of this package than the doctor’s',
      packages: { 'catalyst-tracing': { version: '0.0.1' } },
      code: 'versions.own_differs',
      says: /has catalyst-tracing 0\.0\.1; this doctor is of/,
      fix: /npx catalyst-tracing doctor, in its directory/,
    },
    {
      title: 'no copy of this package',
      packages: {},
      code: 'versions.own_missing',
      says: /in this directory has no catalyst-tracing installed/,
      fix: /in the application's directory, or: npm install catalyst-tracing/,
    },
    {
      title: 'nothing at all',
      packages: {},
      code: 'versions.livekit_missing',
      says: /@livekit\/agents is not installed for this directory/,
      fix: /in the application's directory, or: npm install @livekit\/agents/,
    },
  ])('with $title is told what to install', async ({ packages, code, says, fix }) => {
    const env = base((await collector()).endpoint);
    const outcome = await cli.run(['doctor', '--json'], { env, directory: install(packages) });
    const finding = reportOf(outcome).findings.find((each) => each.code === code);
    expect(finding?.text, outcome.stdout + outcome.stderr).toMatch(says);
    expect(finding?.fix).toMatch(fix);
    expect(outcome.code).toBe(finding?.level === 'problem' ? 1 : 0);
  });

  it('is told that traces fall apart where a provider is registered with an older API', async () => {
    const directory = install({
      '@livekit/agents': { version: '1.9.0' },
      '@livekit/agents/node_modules/@opentelemetry/api': { version: '1.99.0' },
    });
    writeFileSync(
      join(directory, 'older.mjs'),
      `import { createRequire } from 'node:module';
       const { ProxyTracerProvider, trace } = createRequire(${JSON.stringify(ROOT)} + '/')('@opentelemetry/api');
       trace.setGlobalTracerProvider(new ProxyTracerProvider());`,
    );
    const env = base((await collector()).endpoint);
    const args = ['doctor', '--json', '--import', 'older.mjs'];
    const outcome = await cli.run(args, { env, directory });
    const finding = reportOf(outcome).findings.find(({ code }) => code === 'versions.api_split');
    expect(finding?.text, outcome.stdout + outcome.stderr).toMatch(
      /Traces fall apart: .*\(1\.9\.\d+, 1\.99\.0\); 1\.9\.\d+ is registered/,
    );
    expect(finding?.fix).toContain('npm dedupe');
    expect(outcome.code).toBe(1);
  });
});

describe('the command', () => {
  it('says what it can do, its version, and what it did not understand', async () => {
    const [help, version, wrong, flag] = await Promise.all(
      [['--help'], ['--version'], ['doktor'], ['doctor', '--fast']].map((args) => cli.run(args)),
    );
    expect(help).toMatchObject({ code: 0 });
    expect(help?.stdout).toContain('doctor');
    expect(version?.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong?.stderr).toContain('"doktor" is not a command');
    expect(flag?.code).toBe(2);
  });
});
