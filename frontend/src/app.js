// What every page loads. Pages work without it; it adds speed for people who do this all day.
// No text stands here: whatever people read comes from the page's own data-text-… attributes, in their language.
import htmx from 'htmx.org';
import { dialogs } from './dialogs.js';
import { drafts } from './drafts.js';
import { forms } from './forms.js';
import { refusals } from './refusals.js';
import { rowList } from './row-list.js';
import { rows } from './rows.js';
import { shortcuts } from './shortcuts.js';
import { shows } from './shows.js';
import { uploads } from './uploads.js';

htmx.initialize(); // by itself it waits a turn: a key pressed in it would send a form past it
for (const begin of [uploads, dialogs, drafts, forms, rowList, rows, shortcuts, shows, refusals]) begin(document);
