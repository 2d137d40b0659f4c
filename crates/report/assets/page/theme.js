// Light and dark: as the system has it, until somebody chooses.
'use strict';

const THEME = (() => {
  const CHOICES = [['auto', '◐', 'Auto', 'as the system has them'], ['light', '○', 'Light', 'light'], ['dark', '●', 'Dark', 'dark']];
  const button = document.getElementById('theme');
  const probe = document.body.appendChild(document.createElement('i'));
  probe.hidden = true;
  const listeners = [];
  let choice = 0;

  /** What a colour of the style sheet is at this moment. */
  const colour = name => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };

  /** The colour of a variant. */
  const variant = place => colour(`v${place % 6}`);

  /** How the line of a variant is broken: where colours come round again, strokes differ. */
  const stroke = place => [[], [8, 3], [3, 3], [14, 5]][(place + Math.floor(place / 6)) % 4];

  const show = () => {
    const [name, sign, title, words] = CHOICES[choice];
    document.documentElement.style.colorScheme = name === 'auto' ? '' : name;
    button.innerHTML = `${sign} <span>${title}</span>`;
    button.setAttribute('aria-label', `Colours: ${words}`);
  };

  const tell = () => {
    for (const listener of listeners) listener();
  };

  button.addEventListener('click', () => {
    choice = (choice + 1) % CHOICES.length;
    show();
    tell();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
  addEventListener('beforeprint', () => {
    document.documentElement.style.colorScheme = 'light';
    tell();
  });
  addEventListener('afterprint', () => {
    show();
    tell();
  });

  for (const key of document.querySelectorAll('[data-variant]')) {
    const place = Number(key.dataset.variant);
    key.style.setProperty('--colour', `var(--v${place % 6})`);
    if (key.classList.contains('key')) key.style.borderTopStyle = ['solid', 'dashed', 'dotted', 'double'][(place + Math.floor(place / 6)) % 4];
  }

  return { colour, variant, stroke, changed: listener => listeners.push(listener) };
})();
