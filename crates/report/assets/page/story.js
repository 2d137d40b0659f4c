// Time lines, unpacked: for every member and every partition when it did what.
'use strict';

const STORY = (() => {
  const NOBODY = -1;
  const UNBORN = -2;

  /** Lengths to moments: `at[i]` to `at[i + 1]` is of kind `kind[i]`. */
  const row = (length, unit) => ({ at: new Float64Array(length + 1), kind: new Int32Array(length), count: 0, unit });

  const push = (line, to, kind) => {
    if (to <= line.at[line.count]) return;
    if (line.count && line.kind[line.count - 1] === kind) {
      line.at[line.count] = to;
      return;
    }
    line.kind[line.count] = kind;
    line.count += 1;
    line.at[line.count] = to;
  };

  const member = (spans, unit) => {
    const line = row(spans.length / 2, unit);
    let at = 0;
    for (let index = 0; index < spans.length; index += 2) {
      at += spans[index] * unit;
      push(line, at, spans[index + 1]);
    }
    return line;
  };

  const partition = (spans, born, unit, end) => {
    const line = row(spans.length / 3 * 2 + 2, unit);
    let at = born * unit;
    push(line, at, UNBORN);
    for (let index = 0; index < spans.length; index += 3) {
      at += spans[index] * unit;
      push(line, at, NOBODY);
      at += spans[index + 1] * unit;
      push(line, at, spans[index + 2]);
    }
    push(line, end, NOBODY);
    return line;
  };

  /** The place of the span that covers a moment. */
  const find = (line, at) => {
    let [low, high] = [0, line.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (line.at[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  /** How many partitions nobody reads, as steps: moments and how many from then on. */
  const unread = partitions => {
    const steps = [];
    for (const line of partitions) {
      for (let index = 0; index < line.count; index += 1) {
        if (line.kind[index] === NOBODY) steps.push([line.at[index], 1], [line.at[index + 1], -1]);
      }
    }
    steps.sort((one, other) => one[0] - other[0]);
    const at = [0];
    const count = [0];
    let now = 0;
    for (const [moment, step] of steps) {
      now += step;
      if (at[at.length - 1] === moment) count[count.length - 1] = now;
      else {
        at.push(moment);
        count.push(now);
      }
    }
    return { at: Float64Array.from(at), count: Int32Array.from(count) };
  };

  const unpack = async () => {
    const element = document.getElementById('story');
    const text = element ? element.textContent.trim() : '';
    if (!text) return null;
    if (typeof DecompressionStream === 'undefined') throw new Error('this browser cannot unpack the time lines; one of 2023 or later can');
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const story = JSON.parse(await new Response(stream).text());
    story.variants.forEach((variant, place) => {
      const { end } = CHARTS.variants[place];
      variant.members.lines = variant.members.spans.map(spans => member(spans, story.unit));
      variant.partitions.lines = variant.partitions.spans.map((spans, index) => partition(spans, variant.partitions.born[index], story.unit, end));
      variant.unread = unread(variant.partitions.lines);
      delete variant.members.spans;
      delete variant.partitions.spans;
    });
    element.remove();
    return story;
  };

  return { unpack, find, NOBODY, UNBORN };
})();
