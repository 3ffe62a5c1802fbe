import {
  DOCTOR_SESSION,
  type PageMetric,
  type PageSpan,
  type SessionSummary,
  type SpanPage,
} from '../span-facts.js';

/** Events of the server's stream: all sessions at once, then each that changes or goes. */
interface Changes {
  readonly sessions: readonly SessionSummary[];
  readonly session: SessionSummary;
  readonly gone: readonly string[];
}

/** What the server has, kept up to date; `onChange` is called after every change. */
export class SessionData {
  readonly sessions: Map<string, SessionSummary> = new Map();
  readonly #onChange: () => void;
  #id: string | undefined;
  #spans: PageSpan[] = [];
  #next = 0;
  #loading: Promise<void> = Promise.resolve();
  isConnected = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Spans of the session that is open, in order of arrival. */
  get spans(): readonly PageSpan[] {
    return this.#spans;
  }

  get openId(): string | undefined {
    return this.#id;
  }

  /** Newest first; test traces of the doctor are last. */
  list(): readonly SessionSummary[] {
    const newest = [...this.sessions.values()].toSorted((a, b) => b.startMillis - a.startMillis);
    const tests = newest.filter(({ id }) => id === DOCTOR_SESSION);
    return [...newest.filter((session) => !tests.includes(session)), ...tests];
  }

  open(id: string): void {
    if (id === this.#id) return;
    this.#reset(id);
    this.#load();
  }

  /** Listens to the server; a connection that is lost comes back by itself. */
  connect(): void {
    const changes = new EventSource('/api/changes');
    const on = <K extends keyof Changes>(name: K, take: (value: Changes[K]) => void): void =>
      changes.addEventListener(name, (event: MessageEvent<string>) => {
        const value: Changes[K] = JSON.parse(event.data);
        take(value);
        this.#onChange();
      });
    changes.addEventListener('open', () => this.#setConnected(true));
    changes.addEventListener('error', () => this.#setConnected(false));
    on('sessions', (sessions) => {
      this.sessions.clear();
      for (const session of sessions) this.sessions.set(session.id, session);
      // The server may be another one than before.
      if (this.#id !== undefined) {
        this.#reset(this.#id);
        this.#load();
      }
    });
    on('gone', (ids) => ids.forEach((id) => this.sessions.delete(id)));
    on('session', (session) => {
      this.sessions.set(session.id, session);
      if (session.id === this.#id) this.#load();
    });
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

  #setConnected(isConnected: boolean): void {
    this.isConnected = isConnected;
    this.#onChange();
  }

  #reset(id: string): void {
    this.#id = id;
    this.#spans = [];
    this.#next = 0;
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
    const id = this.#id;
    if (id === undefined) return;
    const query = `session=${encodeURIComponent(id)}&from=${this.#next}`;
    const response = await fetch(`/api/spans?${query}`);
    if (!response.ok) return;
    const page: SpanPage = await response.json();
    if (id !== this.#id) return;
    this.#spans.push(...page.spans);
    this.#next = page.next;
    this.#onChange();
  }
}
