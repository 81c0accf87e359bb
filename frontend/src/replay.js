// Sliding through the past of a case: <div data-replay="…moments.json" data-page="…"> with a range input, links
// data-replay-by="-1|1", a link data-replay-now and a line data-replay-said. The moments come when the slider is first
// touched: {"moments": [{"number", "at", "when", "who", "text", "stands", "version", "drawing", "marks"}]}, of the marks
// only those that changed. Without this script the links load the page of each moment.
// The address follows the slider, so that a moment can be handed on.

export function lookBack(root, show) {
  const box = document.querySelector('[data-replay]');
  const range = box?.querySelector('input[type=range]');
  if (!range) return;
  box.querySelector('[data-replay-show]').hidden = true;
  let told; // the moments, once they were asked for
  let asked = 0; // the last wish wins
  const fetched = () => {
    told ??= read(box.dataset.replay);
    return told;
  };
  const go = async (number) => {
    const wish = ++asked;
    try {
      const moments = await fetched();
      if (wish !== asked) return;
      const one = moments.find((moment) => moment.number === number);
      if (!one) return location.assign(address(box, number)); // long ago: the page has it
      say(box, range, one, moments.at(-1).number);
      await show(one.shown, one.marks);
      history.replaceState(null, '', address(box, number));
    } catch (reason) {
      console.error(reason);
      told = undefined;
      box.querySelector('[data-replay-said]').textContent = box.dataset.textFailed;
    }
  };
  range.addEventListener('input', () => go(Number(range.value)));
  for (const link of box.querySelectorAll('[data-replay-by]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault();
      const wanted = Number(range.value) + Number(link.dataset.replayBy);
      if (wanted < Number(range.min) || wanted > Number(range.max)) return;
      range.value = String(wanted);
      go(wanted);
    });
  }
  box.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    go(Number(range.value));
  });
}

async function read(url) {
  const answer = await fetch(url, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const { moments } = await answer.json();
  let marks = {};
  let shown = { version: undefined, drawing: '' };
  for (const one of moments) {
    marks = { ...marks, ...one.marks };
    one.marks = marks;
    // one picture a version: moments of the same version need no other
    if (one.version !== shown.version) shown = { version: one.version, drawing: one.drawing };
    one.shown = shown.drawing;
  }
  return moments;
}

function address(box, number) {
  return `${box.dataset.page}?moment=${number}#replay`;
}

function say(box, range, one, last) {
  const of = box.dataset.textOf.replace('#1', one.number).replace('#2', last);
  range.setAttribute('aria-valuetext', `${of}, ${one.when}, ${one.who} ${one.text}`);
  const line = box.querySelector('[data-replay-said]');
  const number = document.createElement('strong');
  number.textContent = of;
  const time = document.createElement('time');
  time.dateTime = one.at;
  time.textContent = one.when;
  line.replaceChildren(number, ' ', time, ` ${one.who} ${one.text} `);
  if (one.stands) {
    const stood = document.createElement('span');
    stood.className = 'muted';
    stood.textContent = box.dataset.textStood.replace('#1', one.stands);
    line.append(stood);
  }
  for (const link of box.querySelectorAll('[data-replay-by]')) {
    const there = one.number + Number(link.dataset.replayBy);
    const ends = there < Number(range.min) || there > Number(range.max);
    link.href = address(box, ends ? one.number : there);
    if (ends) link.setAttribute('aria-disabled', 'true');
    else link.removeAttribute('aria-disabled');
  }
  box.querySelector('[data-replay-now]').hidden = false;
  for (const note of document.querySelectorAll('[data-replay-past]')) note.hidden = false;
}
