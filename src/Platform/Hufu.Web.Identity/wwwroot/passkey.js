// Passkeys: asks the browser for a credential and sends it as JSON. Pages work without it by password.
(() => {
  "use strict";
  const toBytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
  const toText = buffer => {
    let binary = "";
    for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const withBytes = list => (list ?? []).map(item => ({ ...item, id: toBytes(item.id) }));

  const creation = o => ({ ...o, challenge: toBytes(o.challenge), user: { ...o.user, id: toBytes(o.user.id) }, excludeCredentials: withBytes(o.excludeCredentials) });
  const request = o => ({ ...o, challenge: toBytes(o.challenge), allowCredentials: withBytes(o.allowCredentials) });

  const plain = credential => {
    const r = credential.response;
    const response = { clientDataJSON: toText(r.clientDataJSON) };
    if (r.attestationObject) {
      response.attestationObject = toText(r.attestationObject);
      response.transports = r.getTransports ? r.getTransports() : [];
    } else {
      response.authenticatorData = toText(r.authenticatorData);
      response.signature = toText(r.signature);
      response.userHandle = r.userHandle ? toText(r.userHandle) : null;
    }
    return {
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  };

  const post = async (form, url, body) => {
    const token = form.querySelector("input[type=hidden][data-token]").value;
    const answer = await fetch(url, {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", "RequestVerificationToken": token },
      body: JSON.stringify(body),
    });
    const json = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(json.error?.message ?? form.dataset.failed);
    return json;
  };

  const run = async form => {
    const note = form.querySelector("[data-passkey-note]");
    note.textContent = "";
    try {
      const make = form.dataset.passkey === "create";
      const options = await post(form, form.dataset.options, {});
      const credential = make
        ? await navigator.credentials.create({ publicKey: creation(options) })
        : await navigator.credentials.get({ publicKey: request(options) });
      const done = await post(form, form.dataset.finish, { credential: plain(credential), name: form.elements.name?.value ?? null, return: form.elements.return?.value ?? null });
      const to = new URL(done.redirect, location.href);
      location.assign(to);
      // To a place on the same page the browser only scrolls; what is new on it comes with a reload.
      if (to.pathname === location.pathname && to.search === location.search) location.reload();
    } catch (error) {
      // The browser's own refusals (cancelled, timed out) come in its own words; the page's are clearer.
      note.textContent = error instanceof DOMException ? form.dataset.failed : error.message;
    }
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    form.addEventListener("submit", event => {
      event.preventDefault();
      void run(form);
    });
  }
})();
