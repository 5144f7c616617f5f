// The rehearsal on the page: bones over the puppet, the strip along time, and the editor of joints.
// `element` is the component; `trigger` sends an event to the server.
const LIMBS = [[1,2],[1,5],[2,3],[3,4],[5,6],[6,7],[1,8],[8,9],[9,10],[1,11],[11,12],[12,13],[1,0],[0,14],[14,16],[0,15],[15,17]];
const SEEN = 0.3, REACH = 24, SVG = 'http://www.w3.org/2000/svg';
const colour = joint => `hsl(${joint * 20} 100% 55%)`;

function make(tag, attributes, parent) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

// Joints on a picture, to be moved by pointer or by keys. points: 18 of [x, y, score], shares of the picture.
function board(svg, names, changed) {
  let points = [], chosen = null;
  const bones = LIMBS.map((_, place) => make('line', {stroke: colour(place)}, svg));
  const spots = names.map((name, joint) => {
    const spot = make('circle', {r: 1.6, fill: colour(joint), tabindex: 0, role: 'button', 'aria-label': name}, svg);
    make('title', {}, spot).textContent = name;
    spot.addEventListener('focus', () => choose(joint));
    spot.addEventListener('keydown', event => {
      const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
      if (!step && event.key !== 'Delete') return;
      event.preventDefault(); event.stopPropagation();
      const before = points[joint].slice(), size = event.shiftKey ? 0.02 : 0.005;
      if (step) place(joint, points[joint][0] + step[0] * size, points[joint][1] + step[1] * size);
      else hide(joint);
      changed(joint, before);
    });
    return spot;
  });
  // A finger covers more than a joint, and those of a head lie on each other: who is within REACH pixels is taken, the
  // nearest first, where the chosen one counts as half as far. It keeps its place beside the finger.
  svg.addEventListener('pointerdown', event => {
    if (!points.length) return;
    const {width, height} = svg.getBoundingClientRect();
    const at = touch => {
      const {left, top} = svg.getBoundingClientRect();
      return [(touch.clientX - left) / width, (touch.clientY - top) / height];
    };
    const begin = at(event), apart = points.map(([x, y]) => Math.hypot((x - begin[0]) * width, (y - begin[1]) * height));
    const [joint] = names.map((_, each) => each).filter(each => apart[each] <= REACH)
      .sort((one, other) => apart[one] / (one === chosen ? 2 : 1) - apart[other] / (other === chosen ? 2 : 1));
    if (joint === undefined) return;
    const spot = spots[joint], before = points[joint].slice();
    event.preventDefault(); spot.focus({preventScroll: true}); choose(joint); spot.setPointerCapture(event.pointerId);
    spot.onpointermove = move => {
      const [x, y] = at(move);
      place(joint, before[0] + x - begin[0], before[1] + y - begin[1]);
    };
    spot.onpointerup = spot.onpointercancel = () => {
      spot.onpointermove = spot.onpointerup = spot.onpointercancel = null;
      if (before.some((value, axis) => value !== points[joint][axis])) changed(joint, before);
    };
  });
  const choose = joint => { chosen = joint; spots.forEach((spot, each) => spot.classList.toggle('chosen', each === joint)); };
  const clip = value => Math.min(1, Math.max(0, value));
  const place = (joint, x, y) => { points[joint] = [clip(x), clip(y), 1]; draw(); };
  const hide = joint => { points[joint] = [points[joint][0], points[joint][1], 0]; draw(); };
  const draw = () => {
    const {width, height} = svg.viewBox.baseVal;
    spots.forEach((spot, joint) => {
      const [x, y, score] = points[joint] || [0, 0, 0];
      spot.setAttribute('cx', x * width); spot.setAttribute('cy', y * height);
      spot.classList.toggle('unseen', score <= SEEN);
    });
    bones.forEach((bone, index) => {
      const [first, last] = LIMBS[index].map(joint => points[joint] || [0, 0, 0]);
      for (const [name, value] of Object.entries({x1: first[0] * width, y1: first[1] * height, x2: last[0] * width, y2: last[1] * height})) bone.setAttribute(name, value);
      bone.style.display = first[2] > SEEN && last[2] > SEEN ? '' : 'none';
    });
  };
  return {
    show(shown) { points = shown.map(point => point.slice()); draw(); },
    get points() { return points; },
    hideChosen() { if (chosen === null) return; const before = points[chosen].slice(); hide(chosen); changed(chosen, before); },
    set(joint, point) { points[joint] = point; draw(); },
  };
}

// Joints are round whatever the picture's shape, and lie on it whatever its size.
function shape(svg, image, joints) {
  const fit = () => {
    const ratio = image.naturalWidth / image.naturalHeight;
    svg.setAttribute('viewBox', `0 0 ${100 * ratio} 100`);
    svg.parentElement.style.setProperty('--shape', ratio);
    joints.show(joints.points);
  };
  image.addEventListener('load', fit);
  if (image.naturalHeight) fit();
}

function overBones(section, facts) {
  const video = section.querySelector('.puppet video'), canvas = section.querySelector('.puppet canvas');
  const box = section.querySelector('.bones'), now = section.querySelector('.strip .now');
  const draw = () => {
    if (!section.isConnected) return;
    const share = video.duration ? video.currentTime / video.duration : 0;
    if (now) now.style.insetInlineStart = `${100 * share}%`;
    const shown = box.checked && facts;
    canvas.hidden = !shown;
    if (shown && video.videoWidth) {
      canvas.width = video.videoWidth; canvas.height = video.videoHeight;
      const pen = canvas.getContext('2d'), frame = Math.min(facts.joints.length - 1, Math.floor(video.currentTime * facts.fps + 0.01));
      const points = facts.joints[frame];
      pen.lineWidth = canvas.height / 130; pen.lineCap = 'round';
      LIMBS.forEach(([first, last], place) => {
        if (points[first][2] <= SEEN || points[last][2] <= SEEN) return;
        pen.strokeStyle = colour(place); pen.beginPath();
        pen.moveTo(points[first][0] * canvas.width, points[first][1] * canvas.height);
        pen.lineTo(points[last][0] * canvas.width, points[last][1] * canvas.height); pen.stroke();
      });
    }
    if (video.paused) return;
    requestAnimationFrame(draw);
  };
  for (const name of ['play', 'seeked', 'loadeddata', 'timeupdate']) video.addEventListener(name, draw);
  box.addEventListener('change', draw);
}

function mending(section, facts) {
  const editor = section.querySelector('.editor'), image = editor.querySelector('img'), svg = editor.querySelector('svg');
  const slider = editor.querySelector('input[type=range]'), names = JSON.parse(editor.dataset.names);
  const edits = JSON.parse(section.dataset.edits || '[]');
  let done = edits.length;  // those are in what was found already
  const told = editor.querySelector('.count'), undo = editor.querySelector('[data-act=undo]');
  let waiting = 0;
  const time = () => Number(slider.value);
  const key = () => Math.min(facts.found.length - 1, Math.round(time() * facts.fps));
  const shot = frame => facts.cuts.filter(cut => cut <= frame).length;
  const count = () => { done = Math.min(done, edits.length); told.textContent = edits.length ? String(edits.length) : ''; undo.disabled = !edits.length; };
  const joints = board(svg, names, joint => {
    const [x, y, score] = joints.points[joint], at = Number((key() / facts.fps).toFixed(3));
    const last = edits[edits.length - 1];
    const edit = [joint, at, score > SEEN ? Number(x.toFixed(4)) : null, score > SEEN ? Number(y.toFixed(4)) : null];
    if (last && edits.length > done && last[0] === joint && last[1] === at) edits[edits.length - 1] = edit; else edits.push(edit);
    count();
  });
  const show = () => {
    const shown = facts.found[key()].map(point => point.slice());
    for (const [joint, at, x, y] of edits.slice(done)) {
      if (shot(key()) !== shot(Math.round(at * facts.fps))) continue;
      const away = Math.abs(key() / facts.fps - at);
      if (x === null) { if (away <= 0.25) shown[joint][2] = 0; continue; }
      if (away >= 0.5) continue;
      const share = 0.5 + 0.5 * Math.cos(Math.PI * away / 0.5), was = facts.found[Math.round(at * facts.fps)][joint];
      shown[joint] = [shown[joint][0] + (x - was[0]) * share, shown[joint][1] + (y - was[1]) * share, 1];
    }
    joints.show(shown);
    clearTimeout(waiting);
    waiting = setTimeout(() => { image.src = `${section.dataset.home}/at/${(key() / facts.fps).toFixed(2)}.jpg`; }, 120);
  };
  shape(svg, image, joints);
  slider.addEventListener('input', show);
  undo.addEventListener('click', () => { edits.pop(); count(); show(); });
  editor.querySelector('[data-act=hide]').addEventListener('click', () => joints.hideChosen());
  editor.querySelector('[data-act=apply]').addEventListener('click', () => {
    element.mendingAt = time();  // the editor that comes with the next rehearsal goes on there
    trigger('click', {act: 'mend', edits, start: Number(section.dataset.start)});
  });
  editor.addEventListener('keydown', event => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'z' && edits.length) { event.preventDefault(); edits.pop(); count(); show(); }
  });
  const opener = section.querySelector('[data-act=open]'), video = section.querySelector('.puppet video');
  const open = at => {
    editor.hidden = false;
    opener.setAttribute('aria-expanded', 'true');
    slider.value = at;
    count(); show();
  };
  opener.addEventListener('click', () => {
    video.pause();
    if (editor.hidden) { open(video.currentTime || 0); return; }
    editor.hidden = true;
    opener.setAttribute('aria-expanded', 'false');
  });
  if (element.mendingAt !== undefined) {
    open(element.mendingAt);
    video.addEventListener('loadeddata', event => { event.target.currentTime = Number(slider.value) + 0.01; }, {once: true});
    delete element.mendingAt;
  }
}

function placing(section) {
  const image = section.querySelector('img'), svg = section.querySelector('svg');
  const history = [], undo = section.querySelector('[data-act=undo]');
  const joints = board(svg, JSON.parse(section.dataset.names), (joint, before) => { history.push([joint, before]); undo.disabled = false; });
  joints.show(JSON.parse(section.dataset.points));
  shape(svg, image, joints);
  undo.addEventListener('click', () => { const last = history.pop(); if (last) joints.set(...last); undo.disabled = !history.length; });
  section.querySelector('[data-act=hide]').addEventListener('click', () => joints.hideChosen());
  section.querySelector('[data-act=apply]').addEventListener('click', () => {
    trigger('click', {act: 'place', body: joints.points.map(([x, y, score]) => [Number(x.toFixed(4)), Number(y.toFixed(4)), score > SEEN ? 1 : 0])});
  });
}

async function begin(section) {
  section.dataset.ready = 'yes';
  if (section.classList.contains('hand')) { placing(section); return; }
  const home = section.dataset.home;
  if (!home) return;
  const answer = await fetch(`${home}/facts.json`);
  const facts = answer.ok ? await answer.json() : null;
  overBones(section, facts);
  if (facts && section.querySelector('.editor')) mending(section, facts);
}

element.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.person) {
    element.pressed = button.dataset.person;  // the one in the same place has the focus when all are drawn anew
    trigger('click', {act: button.closest('.people').dataset.what, person: Number(button.dataset.person), trail: JSON.parse(button.dataset.trail)});
  }
  if (button.dataset.act === 'by-hand') trigger('click', {act: 'by-hand'});
  if (button.dataset.at) {
    const video = element.querySelector('.puppet video');
    video.pause(); video.currentTime = Number(button.dataset.at) + 0.01;
  }
});
const look = () => {
  element.querySelectorAll('section.rehearsal:not([data-ready])').forEach(begin);
  const chosen = element.querySelector(`[data-person="${element.pressed}"][aria-pressed="true"]`);
  if (!chosen) return;
  delete element.pressed;
  if (document.activeElement === document.body) chosen.focus({preventScroll: true});
};
new MutationObserver(look).observe(element, {childList: true, subtree: true});
look();
