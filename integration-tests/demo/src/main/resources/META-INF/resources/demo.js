// Asks for the greeting twice a second. Values are shown as text, never as markup.
const greeting = document.getElementById('greeting');
const source = document.getElementById('source');

async function refresh() {
  try {
    const answer = await fetch('greeting', { headers: { Accept: 'application/json' } });
    const value = await answer.json();
    greeting.textContent = value.greeting;
    source.textContent = 'from ' + value.source;
  } catch (away) {
    source.textContent = 'the application does not answer';
  }
}

refresh();
setInterval(refresh, 500);
