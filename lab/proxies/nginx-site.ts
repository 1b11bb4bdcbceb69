/** What every site of nginx in the lab is made of. */
export const PASS = "proxy_pass http://127.0.0.1:11434;";
export const LOCAL_HOST = "proxy_set_header Host localhost:11434;";
export const BASIC = 'auth_basic "Restricted"; auth_basic_user_file /etc/nginx/portlock.htpasswd;';

/** A site on every address. */
export function server(port: number, body: string): string {
  return `server { listen ${port}; listen [::]:${port}; ${body} }`;
}
