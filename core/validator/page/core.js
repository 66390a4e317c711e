"use strict";
// Asks alertik's core, compiled to WebAssembly. The page's files share one scope; they are put
// together in the order of xtask/src/validator.rs.

const SEPARATOR = 0xff;
// A module's memory never shrinks; above this many bytes the core is restarted.
const MEMORY_MAX = 64 << 20;

const $ = (id) => document.getElementById(id);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const wasm = Uint8Array.from(atob("{{wasm}}"), (c) => c.charCodeAt(0));
const module = new WebAssembly.Module(wasm);
let core = null;

function ask(fields) {
  if (core && core.memory.buffer.byteLength > MEMORY_MAX) core = null;
  core ??= new WebAssembly.Instance(module).exports;
  const parts = fields.map((field) => encoder.encode(field));
  const length = parts.reduce((sum, part) => sum + part.length + 1, -1);
  const at = core.alertik_question(length);
  const question = new Uint8Array(core.memory.buffer, at, length);
  let end = 0;
  parts.forEach((part, index) => {
    if (index > 0) question[end++] = SEPARATOR;
    question.set(part, end);
    end += part.length;
  });
  try {
    const size = core.alertik_answer();
    return JSON.parse(decoder.decode(new Uint8Array(core.memory.buffer, core.alertik_answer_at(), size)));
  } catch (error) {
    core = null; // A module that has stopped cannot be called again.
    throw error;
  }
}

const START = ask(["start"]);
const NOTIFIERS = START.notifiers;
const EVENTS = START.events;

// The core counts bytes, people count characters: these return the part of a text between two
// bytes, and the number of the character that begins at a byte, from 1.
const slice = (text, start, end) => decoder.decode(encoder.encode(text).slice(start, end));
const characterAt = (text, byte) => [...slice(text, 0, byte)].length + 1;

// All text reaches the page through textContent: a log line is hostile here too.
function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
