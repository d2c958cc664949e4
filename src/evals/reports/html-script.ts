/** What the HTML report does in a browser: lists the cases, filters them, and shows answers side by side with their differences. */

/** Everything that models wrote is put on the page as text, never as markup. */
export const htmlScript = String.raw`
'use strict';
(function () {
  var page = JSON.parse(document.getElementById('data').textContent);
  var data = page.facts;
  var list = document.getElementById('cases');
  var more = document.getElementById('more');
  var count = document.getElementById('count');
  var search = document.getElementById('search');
  var filter = 'failures';
  var shown = 0;
  var pageSize = 50;

  function element(name, className, text) {
    var made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  var groups = new Map();
  page.rows.forEach(function (row) {
    var key = row.id + '\n' + row.repeat;
    if (!groups.has(key)) groups.set(key, { id: row.id, repeat: row.repeat, arms: {} });
    groups.get(key).arms[row.arm] = row;
  });
  var cases = Array.from(groups.values()).map(function (group) {
    var candidate = group.arms[data.candidate];
    var baseline = group.arms[data.baseline];
    var broken = Object.values(group.arms).some(function (row) { return row.status === 'error'; });
    return {
      id: group.id,
      repeat: group.repeat,
      arms: group.arms,
      broken: broken,
      failed: !!candidate && candidate.status === 'graded' && !candidate.pass,
      flipped: !!candidate && !!baseline && !broken && candidate.pass !== baseline.pass,
      text: (group.id + ' ' + Object.values(group.arms).map(function (row) { return row.text + ' ' + row.why; }).join(' ')).toLowerCase(),
    };
  });

  /* Cases in the order in which they finished, repeats in their own. */
  var places = new Map();
  cases.forEach(function (item) { if (!places.has(item.id)) places.set(item.id, places.size); });
  cases.sort(function (a, b) { return places.get(a.id) - places.get(b.id) || a.repeat - b.repeat; });

  var filters = {
    all: function () { return true; },
    failures: function (item) { return item.failed; },
    flips: function (item) { return item.flipped; },
    faults: function (item) { return item.broken; },
  };

  /* Longest common subsequence over words; long answers are compared by their first words only. */
  function diff(before, after) {
    var a = before.match(/\s+|[^\s]+/g) || [];
    var b = after.match(/\s+|[^\s]+/g) || [];
    var limit = 1200;
    var restA = a.slice(limit).join('');
    var restB = b.slice(limit).join('');
    a = a.slice(0, limit);
    b = b.slice(0, limit);
    var width = b.length + 1;
    var table = new Uint16Array((a.length + 1) * width);
    for (var i = a.length - 1; i >= 0; i--) {
      for (var j = b.length - 1; j >= 0; j--) {
        table[i * width + j] = a[i] === b[j]
          ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    var left = [];
    var right = [];
    function add(side, kind, text) {
      var last = side[side.length - 1];
      if (last && last.kind === kind) last.text += text;
      else side.push({ kind: kind, text: text });
    }
    var x = 0;
    var y = 0;
    while (x < a.length || y < b.length) {
      if (x < a.length && y < b.length && a[x] === b[y]) {
        add(left, 'same', a[x]);
        add(right, 'same', b[y]);
        x++;
        y++;
      } else if (y >= b.length || (x < a.length && table[(x + 1) * width + y] >= table[x * width + y + 1])) {
        add(left, 'del', a[x++]);
      } else {
        add(right, 'ins', b[y++]);
      }
    }
    if (restA) add(left, 'same', restA);
    if (restB) add(right, 'same', restB);
    return { left: left, right: right };
  }

  function fill(pre, pieces) {
    pieces.forEach(function (piece) {
      if (piece.kind === 'same') pre.appendChild(document.createTextNode(piece.text));
      else pre.appendChild(element(piece.kind, '', piece.text));
    });
  }

  function stateOf(row) {
    return row.status === 'error' ? 'error' : row.pass ? 'pass' : 'fail';
  }

  function answer(arm, row, pieces) {
    var box = element('div', 'answer');
    var head = element('h4');
    head.appendChild(element('span', '', arm));
    head.appendChild(element('span', stateOf(row), stateOf(row) + (row.facts ? ' · ' + row.facts : '')));
    box.appendChild(head);
    var pre = element('pre');
    if (pieces) fill(pre, pieces);
    else pre.textContent = row.text;
    box.appendChild(pre);
    var asserts = element('ul', 'asserts');
    row.asserts.forEach(function (result) {
      var state = result.error ? 'error' : result.pass ? 'pass' : 'fail';
      var sign = result.error ? '? ' : result.pass ? '✓ ' : '✗ ';
      var line = element('li');
      line.appendChild(element('span', state, sign + result.type));
      line.appendChild(document.createTextNode(' ' + result.reason));
      asserts.appendChild(line);
    });
    if (row.fault) asserts.appendChild(element('li', 'error', row.fault));
    box.appendChild(asserts);
    return box;
  }

  function open(item, details) {
    if (details.querySelector('.pair')) return;
    var asked = page.asked[item.id];
    if (asked) details.appendChild(element('pre', 'asked', asked));
    var pair = element('div', 'pair');
    var baseline = item.arms[data.baseline];
    var candidate = item.arms[data.candidate];
    var pieces = baseline && candidate ? diff(baseline.text, candidate.text) : undefined;
    data.arms.forEach(function (arm) {
      var row = item.arms[arm];
      if (!row) return;
      var own = pieces && (arm === data.baseline ? pieces.left : arm === data.candidate ? pieces.right : undefined);
      pair.appendChild(answer(arm, row, own));
    });
    details.appendChild(pair);
  }

  function show(item) {
    var details = element('details', 'case');
    var summary = element('summary');
    summary.appendChild(element('span', 'id', item.id + (data.repeats > 1 ? ' #' + (item.repeat + 1) : '')));
    data.arms.forEach(function (arm) {
      var row = item.arms[arm];
      if (row) summary.appendChild(element('span', stateOf(row), stateOf(row)));
    });
    var first = item.arms[data.candidate] || Object.values(item.arms)[0];
    summary.appendChild(element('span', 'why', first.why));
    details.appendChild(summary);
    details.addEventListener('toggle', function () { if (details.open) open(item, details); });
    list.appendChild(details);
    return details;
  }

  function matching() {
    var words = search.value.toLowerCase();
    return cases.filter(function (item) {
      return filters[filter](item) && (words === '' || item.text.includes(words));
    });
  }

  function next() {
    var found = matching();
    found.slice(shown, shown + pageSize).forEach(show);
    shown = Math.min(found.length, shown + pageSize);
    more.hidden = shown >= found.length;
    count.textContent = shown + ' of ' + found.length + ' answers';
  }

  function restart() {
    list.textContent = '';
    shown = 0;
    next();
  }

  document.querySelectorAll('button[data-filter]').forEach(function (button) {
    button.addEventListener('click', function () {
      filter = button.dataset.filter;
      document.querySelectorAll('button[data-filter]').forEach(function (other) {
        other.setAttribute('aria-pressed', String(other === button));
      });
      restart();
    });
  });
  search.addEventListener('input', restart);
  more.addEventListener('click', next);
  if (!cases.some(filters.failures)) {
    document.querySelector('button[data-filter="all"]').click();
  } else {
    restart();
    var first = list.querySelector('details');
    if (first) first.open = true;
  }
})();
`
