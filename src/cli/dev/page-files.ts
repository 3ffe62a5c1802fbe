import { readFileSync } from 'node:fs';

/** A file of the page as it is served. */
export interface PageFile {
  readonly contentType: string;
  readonly body: string;
}

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>catalyst-tracing dev</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript; all of it comes from this machine.</noscript>
<script src="/page.js"></script>
</body>
</html>
`;

/** The page by path. Script and style are built beside the command; nothing comes from elsewhere. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  return new Map([
    ['/', { contentType: 'text/html; charset=utf-8', body: HTML }],
    ['/page.js', { contentType: 'text/javascript; charset=utf-8', body: built('page.js') }],
    ['/page.css', { contentType: 'text/css; charset=utf-8', body: built('page.css') }],
  ]);
}

function built(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}
