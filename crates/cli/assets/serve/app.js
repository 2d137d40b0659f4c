// A scenario in an editor, its mistakes at their lines, and what comes out of it. All that is said comes from the command.
'use strict';

const part = id => document.getElementById(id);
const [text, numbers, behind, verdict, mistakes, state, report] =
  ['text', 'numbers', 'behind', 'verdict', 'mistakes', 'state', 'report'].map(part);

/** Texts longer than this are shown without colours. */
const MOST_COLOURED = 200_000;
/** How long nobody types before the text is checked, in milliseconds. */
const PAUSE = 200;

/** What is being edited: which scenario, under which file name, and how it was. */
let picked = { key: '', name: 'scenario.yaml', original: '' };
/** Texts that were edited and left, by scenario. */
const drafts = new Map();
/** The mistakes that are shown, and whether there are only warnings. */
let found = [];
let good = true;
/** The run that is shown, and the name of its scenario. */
let last = { number: null, name: '' };
let running = false;

const element = (name, words = '', kind = '') => {
  const it = document.createElement(name);
  it.textContent = words;
  if (kind) it.className = kind;
  return it;
};

/** Asks the command for something, with JSON if there is any; an error says why not in one sentence. */
const ask = async (path, json) => {
  const how = json === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: json };
  const answer = await fetch(path, how).catch(() => {
    throw new Error('The command does not answer; is it still running?');
  });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `The command answers ${answer.status}.`);
  return answer;
};

/** The pieces of a line: comments and keys apart. */
const pieces = line => {
  const comment = line.search(/(^|\s)#/);
  const [code, rest] = comment < 0 ? [line, ''] : [line.slice(0, comment), line.slice(comment)];
  const key = code.match(/^(\s*(?:- +)*)([^\s{[#'"][^:{[#'"`,]*|"[^"]*"|'[^']*')(:)(?=\s|$)/);
  const parts = key ? [[key[1], ''], [key[2], 'key'], [code.slice(key[1].length + key[2].length), '']] : [[code, '']];
  return [...parts, [rest, 'comment']].filter(([words]) => words);
};

/** A line with its mistakes underlined, and what is wrong after its end. */
const shownLine = (line, wrong) => {
  const holder = element('span');
  // Columns count characters, not halves of them.
  const marks = wrong.map(it => ({ from: it.column - 1, to: it.column - 1 + Math.max(it.length, 1), severity: it.severity }));
  let column = 0;
  for (const [words, kind] of pieces(line)) {
    let run = null;
    for (const letter of words) {
      const mark = marks.find(it => column >= it.from && column < it.to);
      const wanted = mark ? `mark ${mark.severity}` : kind;
      if (!run || run.wanted !== wanted) {
        run = { wanted, it: holder.appendChild(mark ? element('mark', '', mark.severity) : element('span', '', kind)) };
      }
      run.it.textContent += letter;
      column += 1;
    }
  }
  for (const it of wrong.slice(0, 1)) {
    const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
    holder.append(element('span', `${it.message}${it.label ? `: ${it.label}` : ''}${more}`, `note ${it.severity}`));
  }
  return holder;
};

/** Shows the text with everything that is known of it. */
const draw = () => {
  const lines = text.value.split('\n');
  const at = new Map();
  for (const it of found) {
    if (it.line > 0) at.set(it.line, [...(at.get(it.line) || []), it]);
  }
  if (text.value.length > MOST_COLOURED) {
    behind.textContent = text.value;
  } else {
    behind.replaceChildren(...lines.flatMap((line, place) => {
      const wrong = at.get(place + 1) || [];
      if (!line && !wrong.length) return ['\n'];
      return [shownLine(line, wrong), '\n'];
    }));
  }
  numbers.replaceChildren(...lines.map((_, place) => {
    const wrong = at.get(place + 1);
    if (!wrong) return `${place + 1}\n`;
    return element('b', `${place + 1}`, wrong.every(it => it.severity === 'warning') ? 'warning' : '');
  }));
  part('restore').disabled = text.value === picked.original;
  scroll();
};

const scroll = () => {
  behind.style.transform = `translate(${-text.scrollLeft}px, ${-text.scrollTop}px)`;
  numbers.style.transform = `translateY(${-text.scrollTop}px)`;
};

/** Puts the cursor where a mistake is. */
const go = it => {
  const lines = text.value.split('\n').slice(0, it.line);
  const line = lines.pop() || '';
  const before = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const letters = [...line];
  const from = before + letters.slice(0, it.column - 1).join('').length;
  const to = before + letters.slice(0, it.column - 1 + it.length).join('').length;
  text.focus();
  text.setSelectionRange(from, to);
  const height = parseFloat(getComputedStyle(text).lineHeight);
  text.scrollTop = Math.max(0, (it.line - 1) * height - text.clientHeight / 2);
};

/** A mistake in words. */
const worded = it => {
  const button = element('button', '', it.severity);
  button.type = 'button';
  button.append(element('code', it.at), ` ${it.severity}: ${it.message}`);
  for (const words of [it.label, it.help, it.related && `${it.related.at}: ${it.related.label}`]) {
    if (words) button.append(element('small', words));
  }
  button.disabled = it.line === 0;
  button.addEventListener('click', () => go(it));
  return button;
};

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

/** Shows what is wrong with the text. */
const judge = (list, isGood, variants) => {
  found = list;
  good = isGood;
  const errors = list.filter(it => it.severity === 'error').length;
  const warnings = list.length - errors;
  const also = warnings ? `, ${count(warnings, 'warning', 'warnings')}` : '';
  verdict.className = isGood ? 'good' : 'bad';
  verdict.textContent = isGood
    ? `No mistakes${also}${variants ? `; ${count(variants.length, 'variant', 'variants')}` : ''}.`
    : `${count(errors, 'mistake', 'mistakes')}${also}.`;
  mistakes.replaceChildren(...list.map(it => {
    const item = element('li');
    item.append(worded(it));
    return item;
  }));
  draw();
  buttons();
};

const buttons = () => {
  part('run').disabled = running || !good;
  part('stop').hidden = !running;
};

let timer = null;
let checking = false;
let wanted = false;

/** Checks the text; while a check is under way, once more after it. */
const check = async () => {
  if (checking) {
    wanted = true;
    return;
  }
  checking = true;
  const [key, sent] = [picked.key, text.value];
  try {
    const answer = await (await ask('/api/check', JSON.stringify({ name: picked.name, text: sent }))).json();
    if (key === picked.key && sent === text.value) judge(answer.mistakes, answer.good, answer.variants);
  } catch (error) {
    verdict.className = 'bad';
    verdict.textContent = error.message;
  }
  checking = false;
  if (wanted) {
    wanted = false;
    check();
  }
};

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
};

/** What is known about lines below no longer holds when lines come or go; it is found out anew in a moment. */
const edited = () => {
  drafts.set(picked.key, text.value);
  draw();
  later();
};

/** Opens a scenario: as it was left, if it was edited. */
const pick = async key => {
  let original;
  try {
    original = (await (await ask(`/api/scenarios/${key}`)).text()).replaceAll('\r\n', '\n');
  } catch (error) {
    tell(error.message, true);
    return;
  }
  const name = key.split('/').slice(1).map(decodeURIComponent).join('/');
  picked = { key, name: key.startsWith('built-in/') ? `${name}.yaml` : name, original };
  text.value = drafts.get(key) ?? original;
  text.scrollTop = 0;
  text.scrollLeft = 0;
  part('name').textContent = picked.name;
  history.replaceState(null, '', `#${key}`);
  found = [];
  draw();
  await check();
};

const tell = (words, isBad = false) => {
  state.textContent = words;
  state.className = isBad ? 'bad' : '';
};

/** A table of what is not as it was. */
const table = figures => {
  const holder = element('div', '', 'scroll');
  const table = holder.appendChild(element('table'));
  const head = table.appendChild(element('thead')).appendChild(element('tr'));
  for (const title of ['Figure', 'Then', 'Now', 'Difference']) {
    const cell = head.appendChild(element('th', title));
    cell.scope = 'col';
  }
  const body = table.appendChild(element('tbody'));
  for (const it of figures) {
    const row = body.appendChild(element('tr'));
    const title = row.appendChild(element('th', it.title));
    title.scope = 'row';
    title.title = it.explanation;
    row.append(element('td', it.then), element('td', it.now), element('td', it.words, it.way));
  }
  return holder;
};

/** What has changed since the run before. */
const compare = since => {
  part('since').hidden = !since;
  if (!since) return;
  part('since-title').textContent = `Compared with run ${since.run}`;
  const gone = since.figures.gone.map(name => `${name} is no longer there.`);
  part('sentences').replaceChildren(...[...since.figures.sentences, ...gone].map(words => element('li', words)));
  const entries = since.settings.flatMap(it => {
    const value = element('dd');
    value.append(element('code', it.then ?? 'not set'), ' → ', element('code', it.now ?? 'not set'));
    if (it.variants.length) value.append(' ', element('small', `only in ${it.variants.join(', ')}`));
    const title = element('dt');
    title.append(element('code', it.name));
    return [title, value];
  });
  part('changes').replaceChildren(...entries);
  let isFirst = true;
  part('figures').replaceChildren(...since.figures.variants.filter(it => !it.new).map(it => {
    const details = element('details');
    const differ = it.figures.filter(figure => figure.way !== 'same').length;
    details.append(element('summary', `${it.name}: ${differ ? `${differ} of ${it.figures.length} figures differ` : 'all figures are the same'}`));
    details.append(table(it.figures));
    details.open = isFirst && differ > 0;
    isFirst &&= differ === 0;
    return details;
  }));
};

/** Runs what is in the editor. */
const run = async () => {
  if (running || !good) return;
  const seed = part('seed').value.trim();
  if (seed && (!/^\d{1,20}$/.test(seed) || BigInt(seed) >= 1n << 64n)) {
    tell('A seed is a number from 0 to 18446744073709551615.', true);
    return;
  }
  running = true;
  buttons();
  tell('Running …');
  const [key, sent, name] = [picked.key, text.value, picked.name];
  try {
    // Numbers beyond 2^53 would be rounded as numbers of JavaScript.
    const body = JSON.stringify({ name, text: sent, before: last.name === name ? last.number : null });
    const whole = seed ? `${body.slice(0, -1)},"seed":${BigInt(seed)}}` : body;
    const answer = await (await ask('/api/run', whole)).json();
    if (answer.good) {
      shown(answer, name);
    } else if (answer.stopped) {
      tell('Stopped.');
    } else {
      tell('The scenario has mistakes; nothing was run.', true);
      if (key === picked.key && sent === text.value) judge(answer.mistakes, false);
    }
  } catch (error) {
    tell(error.message, true);
  }
  running = false;
  buttons();
};

/** Shows what came out. */
const shown = (answer, name) => {
  last = { number: answer.number, name };
  const expected = answer.failed.length ? 'not everything is as the scenario expects' : 'all is as the scenario expects';
  tell(`Run ${answer.number} of ${name}, seed ${answer.seed}: simulated in ${(answer.took_ms / 1000).toFixed(2)} s; ${expected}.`);
  part('failed').replaceChildren(...answer.failed.map(it => element('li', `${it.at}: ${it.message}${it.label ? `; ${it.label}` : ''}`)));
  compare(answer.since);
  report.hidden = false;
  report.src = `/reports/${answer.number}`;
};

const stop = () => ask('/api/stop', '{}').catch(error => tell(error.message, true));

/** Gives the text to whoever wants to keep it. */
const download = () => {
  const link = element('a');
  link.href = URL.createObjectURL(new Blob([text.value], { type: 'application/yaml' }));
  link.download = picked.name.split('/').pop();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

/** The scenarios to pick from. */
const list = async () => {
  const known = await (await ask('/api/scenarios')).json();
  const group = (title, start, names, path) => {
    const group = element('optgroup');
    group.label = title;
    for (const name of names) {
      const option = group.appendChild(element('option', name));
      option.value = `${start}/${path(name)}`;
    }
    return names.length ? [group] : [];
  };
  const path = name => name.split('/').map(encodeURIComponent).join('/');
  const picker = part('scenarios');
  picker.replaceChildren(
    ...group('In the folder', 'folder', known.folder, path),
    ...group('Come with rehearsal', 'built-in', known.built_in, path),
  );
  const options = [...picker.options].map(option => option.value);
  const asked = location.hash.slice(1);
  const first = [asked, options[0].startsWith('folder/') ? options[0] : '', 'built-in/kill-one-of-three', options[0]];
  picker.value = first.find(key => options.includes(key));
  picker.addEventListener('change', () => pick(picker.value));
  await pick(picker.value);
};

text.addEventListener('input', edited);
text.addEventListener('scroll', scroll);
part('run').addEventListener('click', run);
part('stop').addEventListener('click', stop);
part('download').addEventListener('click', download);
part('restore').addEventListener('click', () => {
  drafts.delete(picked.key);
  text.value = picked.original;
  draw();
  check();
});
addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
// Nobody is there any more to see what comes out.
addEventListener('pagehide', () => {
  if (running) fetch('/api/stop', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}', keepalive: true });
});

list().catch(error => tell(error.message, true)).finally(() => { document.documentElement.dataset.ready = 'yes'; });
