import {Topic} from '/multiplex-js/index.js';

const byId = id => document.getElementById(id);

/** What any node of the cluster has to say to this user, on whatever page and device. */
const notes = new Topic('/account/notes');
notes.on('message', note => (note.kind === 'hello' ? show(`open, as ${note.text}`) : add(note.text)));
notes.on('status', show);

function show(state) {
  byId('state').textContent = `Connection: ${state}`;
}

function add(text) {
  const item = document.createElement('li');
  item.textContent = text;
  byId('notes').append(item);
}

async function ask(path, body) {
  byId('problem').textContent = '';
  const options = body && {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(body),
  };
  const response = await fetch(`/api/account${path}`, options);
  if (!response.ok) {
    throw new Error(`the server answered ${response.status}`);
  }
  return response.json();
}

function signedIn({user}) {
  byId('who').textContent = user ? `Signed in as ${user}.` : 'Not signed in.';
  byId('login').hidden = Boolean(user);
  byId('account').hidden = !user;
}

/** Connections of before have another session; one that was signed out stays away until asked. */
function reconnect() {
  if (['closed', 'failed'].includes(notes.status)) {
    notes.restart();
  }
}

function on(id, event, action) {
  byId(id).addEventListener(event, async e => {
    e.preventDefault();
    try {
      await action();
    } catch (problem) {
      byId('problem').textContent = problem.message;
    }
  });
}

on('login', 'submit', async () => {
  signedIn(await ask('/login', {name: byId('name').value}));
  reconnect();
});
on('logout', 'click', async () => signedIn(await ask('/logout', {})));
on('everywhere', 'click', async () => signedIn(await ask('/logout-everywhere', {})));
on('export', 'click', async () => {
  await ask('/exports', {});
  add('Your export is being prepared.');
});

signedIn(await ask(''));
