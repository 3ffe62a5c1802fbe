import {
  distinctSpans,
  DOCTOR_SESSION,
  type PageMetric,
  type SpanFacts,
  type SessionSummary,
} from '../span-facts.js';

/** What the server has, kept up to date; `onChange` is called after every change. */
export class SessionData {
  sessions: ReadonlyMap<string, SessionSummary> = new Map();
  /** Of the session that is open. */
  spans: readonly SpanFacts[] = [];
  openId: string | undefined;
  isConnected = false;
  readonly #onChange: () => void;
  /** In order of arrival. */
  #received: SpanFacts[] = [];
  #loading: Promise<void> = Promise.resolve();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Newest first; test traces of the doctor are last. */
  list(): readonly SessionSummary[] {
    const newest = [...this.sessions.values()].toSorted((a, b) => b.startMillis - a.startMillis);
    const tests = newest.filter(({ id }) => id === DOCTOR_SESSION);
    return [...newest.filter((session) => !tests.includes(session)), ...tests];
  }

  open(id: string): void {
    this.openId = id;
    this.spans = [];
    this.#received = [];
    this.#load();
  }

  /** Listens to the server; a connection that is lost comes back by itself. */
  connect(): void {
    const changes = new EventSource('/api/sessions');
    changes.addEventListener('open', () => {
      // The server may be another one than before.
      if (this.openId !== undefined) this.open(this.openId);
      this.#setConnected(true);
    });
    changes.addEventListener('error', () => this.#setConnected(false));
    changes.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const sessions: readonly SessionSummary[] = JSON.parse(data);
      this.sessions = new Map(sessions.map((session) => [session.id, session]));
      this.#load();
      this.#onChange();
    });
  }

  #setConnected(isConnected: boolean): void {
    this.isConnected = isConnected;
    this.#onChange();
  }

  /** Ids of the sessions that contain a text. */
  async search(text: string): Promise<ReadonlySet<string>> {
    const response = await fetch(`/api/search?q=${encodeURIComponent(text)}`);
    const ids: readonly string[] = await response.json();
    return new Set(ids);
  }

  async metrics(): Promise<readonly PageMetric[]> {
    const response = await fetch('/api/metrics');
    return response.json();
  }

  /** One after the other, so that no span is fetched twice. */
  #load(): void {
    this.#loading = this.#loading
      .then(() => this.#fetchNew())
      .catch(() => {
        // The server is away: the page shows it, and loads everything when it is back.
      });
  }

  async #fetchNew(): Promise<void> {
    const { openId } = this;
    const received = this.#received;
    if (openId === undefined || this.sessions.get(openId)?.received === received.length) return;
    const query = `session=${encodeURIComponent(openId)}&from=${received.length}`;
    const response = await fetch(`/api/spans?${query}`);
    if (!response.ok) return;
    const added: readonly SpanFacts[] = await response.json();
    // Another session may be open by now.
    if (received !== this.#received) return;
    this.#received = [...received, ...added];
    this.spans = distinctSpans(this.#received);
    this.#onChange();
  }
}
