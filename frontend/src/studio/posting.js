// What the editors send, with the token of the session.

// No answer came at all; everything else that goes wrong is a fault and is told in the console.
export class Offline extends Error {}

// -> post(url, body, type) for the editor of `root`: Promise<Response>; throws Offline.
export function poster(root) {
  let token = root.dataset.token ?? '';

  const send = (url, body, type) =>
    fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: {
        Accept: 'application/json',
        'Content-Type': type,
        'X-CSRFToken': token,
        'X-Revision': root.dataset.revision,
      },
    }).catch(offline);

  // Whoever signed in again, in another window, goes on with the token of the new session; another person does not.
  async function renew() {
    const answer = await fetch(location.pathname, { redirect: 'manual' }).catch(offline);
    if (!answer.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('studio');
    if (!fresh?.dataset.token || fresh.dataset.person !== root.dataset.person) return false;
    token = fresh.dataset.token;
    return true;
  }

  return async (url, body, type = 'text/plain; charset=utf-8') => {
    const answer = await send(url, body, type);
    // a page where an editor's address gives JSON: the token is of a session that ended
    if (answer.status !== 400 || isJson(answer) || !(await renew())) return answer;
    return send(url, body, type);
  };
}

export function isJson(answer) {
  return (answer.headers.get('Content-Type') ?? '').includes('json');
}

function offline(reason) {
  throw new Offline(reason.message);
}
