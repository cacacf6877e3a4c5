import {Chip} from './chip.js';
import {Connection} from './connection.js';
import {Echo} from './echo.js';
import {byId} from './element.js';
import {Frames} from './frames.js';
import {Name} from './name.js';
import {Room} from './room.js';
import {Rooms} from './rooms.js';

const ROOMS = {lobby: 'Lobby', garden: 'Garden', workshop: 'Workshop'};

const input = byId('say-text');
const name = new Name();
const connection = new Connection();
new Frames(connection);
const rooms = new Rooms(
  Object.entries(ROOMS).map(([id, title]) => new Room(id, title, connection, name, () => input.focus())),
);
new Echo(connection);
new Chip(connection);

byId('say').addEventListener('submit', event => {
  event.preventDefault();
  const text = input.value.trim();
  input.focus();
  if (text === '') {
    return;
  }
  const sent = rooms.current.say(text);
  byId('say-hint').textContent = sent ? '' : 'Not sent: no connection. Your text stays here.';
  if (sent) {
    input.value = '';
  }
});

connection.addEventListener('state', () => {
  const {name} = connection.state;
  byId('offline').textContent = name === 'offline' ? 'Go online' : 'Go offline';
  if (name === 'open') {
    byId('say-hint').textContent = '';
    byId('echo-hint').textContent = '';
  }
});

byId('drop').addEventListener('click', () => connection.drop());
byId('offline').addEventListener('click', () => {
  if (connection.state.name === 'offline') {
    connection.retry();
  } else {
    connection.goOffline();
  }
});

const nameInput = byId('name-text');
nameInput.value = name.value;
byId('name').addEventListener('submit', event => {
  event.preventDefault();
  const fault = name.change(nameInput.value);
  byId('name-hint').textContent = fault;
  nameInput.toggleAttribute('aria-invalid', false);
  if (fault) {
    nameInput.setAttribute('aria-invalid', 'true');
    nameInput.focus();
  } else {
    nameInput.value = name.value;
  }
});

/** The other tab gets a name of its own, so that one can see who is who. */
const another = byId('another');
function invite() {
  const guest = Name.suggestion();
  another.href = `?as=${encodeURIComponent(guest)}#${rooms.current.id}`;
  another.textContent = `Open another tab as ${guest}`;
}
another.addEventListener('click', () => setTimeout(invite));
addEventListener('hashchange', invite);
invite();
