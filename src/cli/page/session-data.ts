import {
  DOCTOR_SESSION,
  type PageMetric,
  type PageSpan,
  type SessionSummary,
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
  /** Of the session that is open, in order of arrival. */
  spans: PageSpan[] = [];
  openId: string | undefined;
  isConnected = false;
  readonly #onChange: () => void;
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
    for (const name of ['open', 'error']) {
      changes.addEventListener(name, () => {
        this.isConnected = name === 'open';
        this.#onChange();
      });
    }
    on('sessions', (sessions) => {
      this.sessions.clear();
      for (const session of sessions) this.sessions.set(session.id, session);
      // The server may be another one than before.
      if (this.openId !== undefined) this.open(this.openId);
    });
    on('gone', (ids) => ids.forEach((id) => this.sessions.delete(id)));
    on('session', (session) => {
      this.sessions.set(session.id, session);
      if (session.id === this.openId) this.#load();
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

  /** One after the other, so that no span is fetched twice. */
  #load(): void {
    this.#loading = this.#loading
      .then(() => this.#fetchNew())
      .catch(() => {
        // The server is away: the page shows it, and loads everything when it is back.
      });
  }

  async #fetchNew(): Promise<void> {
    const { openId, spans } = this;
    if (openId === undefined) return;
    const query = `session=${encodeURIComponent(openId)}&from=${spans.length}`;
    const response = await fetch(`/api/spans?${query}`);
    if (!response.ok) return;
    const added: readonly PageSpan[] = await response.json();
    // Another session may be open by now: then these go into a list that nobody has.
    spans.push(...added);
    this.#onChange();
  }
}
