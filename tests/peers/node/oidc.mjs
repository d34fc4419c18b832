// An OpenID Connect provider of another maker (panva's oidc-provider) on loopback, with two people and their groups.
// Said to it: port, client id, client secret, return address, address after sign-out. It answers "ready" on a line.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, clientId, clientSecret, back, after] = process.argv.slice(2);
const people = {
  "subject-1": { preferred_username: "ming", name: "Ming Li", email: "ming@example.cn", groups: ["plant-engineers"] },
  "subject-2": { preferred_username: "visitor", name: "A Visitor", email: "visitor@example.cn", groups: ["visitors"] },
};
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [back],
      post_logout_redirect_uris: [after],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username", "name", "groups"], email: ["email"] },
  findAccount: (_context, id) => (people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
});
createServer(provider.callback()).listen(Number(port), "127.0.0.1", () => console.log("ready"));
