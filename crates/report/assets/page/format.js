// Numbers, lengths and moments as the rest of the page writes them.
'use strict';

const FORMAT = (() => {
  const count = number => Math.round(number).toLocaleString('en-US');

  /** A length in milliseconds: `350 us`, `12 ms`, `3.25 s`, `2 min 05 s`, `1 h 02 min`. */
  const length = millis => {
    if (millis === 0) return '0 s';
    if (millis < 1) return `${Math.round(millis * 1000)} us`;
    if (millis < 1000) return `${Math.round(millis)} ms`;
    if (millis < 10000) return `${(millis / 1000).toFixed(2)} s`;
    if (millis < 120000) return `${(millis / 1000).toFixed(1)} s`;
    const seconds = Math.round(millis / 1000);
    const two = number => String(number).padStart(2, '0');
    if (seconds < 7200) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
    return `${count(Math.floor(seconds / 3600))} h ${two(Math.floor(seconds / 60) % 60)} min`;
  };

  /** A moment in milliseconds since the start: `1:13`, `1:02:05`; with decimals where `fine` asks for them. */
  const clock = (millis, fine = 0) => {
    const whole = Math.floor(millis / 1000 + (fine ? 0 : 1e-9));
    const two = number => String(number).padStart(2, '0');
    const minutes = Math.floor(whole / 60);
    const rest = fine ? `.${String(Math.floor(millis % 1000)).padStart(3, '0').slice(0, fine)}` : '';
    const short = `${minutes % 60}:${two(whole % 60)}${rest}`;
    return minutes < 60 ? short : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}${rest}`;
  };

  /** The milliseconds that a moment of an address stands for: `1:13`, `01:02:05.5`, `73s`, `2m`; null if it is none. */
  const moment = text => {
    const parts = /^(?:(\d{1,4}):)?(\d{1,5}):(\d{1,2}(?:\.\d{1,3})?)$/.exec(text);
    if (parts) return ((Number(parts[1] || 0) * 60 + Number(parts[2])) * 60 + Number(parts[3])) * 1000;
    const unit = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text);
    return unit ? Number(unit[1]) * { ms: 1, s: 1000, m: 60000, h: 3600000 }[unit[2] || 's'] : null;
  };

  /** Large numbers on axes: `950`, `36 k`, `1.2 M`. */
  const short = number => {
    for (const [size, letter] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
      if (number >= size) return `${Number((number / size).toPrecision(3))} ${letter}`;
    }
    return String(Number(number.toPrecision(3)));
  };

  /** Text that is no markup. */
  const escape = text => String(text).replace(/[&<>"']/g, letter => `&#${letter.charCodeAt(0)};`);

  return { count, length, clock, moment, short, escape };
})();
