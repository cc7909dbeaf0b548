"""Every source of credentials, by the real binary: fakes of the endpoints that hand them out, a real store that checks them."""
import http.server
import json
import threading

import pytest
from s3_servers import servers
from test_store_check import check

EXPIRES = "2033-05-18T03:33:20Z"
ROLE = "arn:aws:iam::1:role/takhin"


class Endpoint(http.server.BaseHTTPRequestHandler):
    """The metadata service, a container agent and STS in one; they hand out the keys of the store."""
    protocol_version = "HTTP/1.1"

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def document(self):
        return json.dumps({"Code": "Success", "AccessKeyId": self.server.key, "SecretAccessKey": self.server.secret,
                           "Expiration": EXPIRES})

    def do_PUT(self):
        self.answer(200, "imds-t0k3n")

    def do_GET(self):
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.path == "/container" and self.headers["Authorization"] == "container-t0k3n":
            self.answer(200, self.document())
        elif self.path.startswith(roles) and self.headers["X-aws-ec2-metadata-token"] == "imds-t0k3n":
            self.answer(200, "role" if self.path == roles else self.document())
        else:
            self.answer(403, "no")

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "Action=AssumeRole&" in form:
            signed = f"AWS4-HMAC-SHA256 Credential={self.server.base_key}/"
            if not self.headers["Authorization"].startswith(signed) or "/sts/aws4_request" not in self.headers["Authorization"]:
                self.answer(403, "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>")
            else:
                self.answer(200, self.role("AssumeRole"))
            return
        if "WebIdentityToken=web-t0k3n&" not in form + "&":
            self.answer(403, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
            return
        self.answer(200, self.role("AssumeRoleWithWebIdentity"))

    def role(self, action):
        return (f"<{action}Response><{action}Result><Credentials>"
                f"<AccessKeyId>{self.server.key}</AccessKeyId><SecretAccessKey>{self.server.secret}</SecretAccessKey>"
                f"<SessionToken></SessionToken><Expiration>{EXPIRES}</Expiration></Credentials>"
                f"</{action}Result></{action}Response>")

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    if "minio" not in servers():
        pytest.skip("no minio: run through ./dev e2e")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.key, server.secret = servers()["minio"].key, servers()["minio"].secret
    server.base_key = "AKIDBASE"
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def environments(endpoint, folder):
    (folder / "token").write_text("web-t0k3n\n")
    (folder / "credentials").write_text(
        f"[work]\naws_access_key_id = {endpoint.key}\naws_secret_access_key = {endpoint.secret}\n"
        f"[base]\naws_access_key_id = {endpoint.base_key}\naws_secret_access_key = b4se-s3cr3t\n")
    program = folder / "print keys"
    program.write_text("#!/bin/sh\necho '" + json.dumps({"Version": 1, "AccessKeyId": endpoint.key, "SecretAccessKey":
                                                         endpoint.secret, "Expiration": EXPIRES}) + "'\n")
    program.chmod(0o700)
    (folder / "config").write_text(
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n"
        f"[profile process]\ncredential_process = '{program}' --token pr0c-t0k3n\n")
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"), "AWS_CONFIG_FILE": str(folder / "config")}
    return {
        "environment": {"AWS_ACCESS_KEY_ID": endpoint.key, "AWS_SECRET_ACCESS_KEY": endpoint.secret},
        "profile": {"AWS_PROFILE": "work", **files},
        "role": {"AWS_PROFILE": "role", "AWS_ENDPOINT_URL_STS": endpoint.url, **files},
        "process": {"AWS_PROFILE": "process", **files},
        "web identity": {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "token"), "AWS_ROLE_ARN": ROLE,
                         "AWS_ENDPOINT_URL_STS": endpoint.url},
        "container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url + "/container",
                      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-t0k3n"},
        "instance": {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint.url},
    }


def check_with(env):
    settings = servers()["minio"].settings()
    for key in ("access.key", "secret.key"):
        del settings[f"storage.tiered.s3.{key}"]
    return check(f"s3://{settings.pop('storage.tiered.s3.bucket')}/credentials", settings, env)


def test_each_source_opens_the_store(endpoint, tmp_path):
    for name, env in environments(endpoint, tmp_path).items():
        code, rows, text = check_with(env)
        assert code == 0 and rows["put, get, head"] == "yes", (name, text)


def test_each_source_that_hands_out_wrong_keys_is_refused_without_telling_them(endpoint, tmp_path):
    endpoint.secret = "wr0ng-s3cr3t"
    for name, env in environments(endpoint, tmp_path).items():
        code, _, text = check_with(env)
        assert code == 1 and "SignatureDoesNotMatch" in text, (name, text)
        assert "s3cr3t" not in text and "t0k3n" not in text, (name, text)


def test_a_source_that_refuses_is_named_without_its_tokens(endpoint, tmp_path):
    env = environments(endpoint, tmp_path)
    (tmp_path / "token").write_text("expired-web-t0k3n")
    env["container"]["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "other-t0k3n"
    endpoint.base_key = "another"
    (tmp_path / "print keys").write_text("#!/bin/sh\necho t0k3n; exit 7\n")
    for name, word in (("web identity", "web identity: the answer was 403 InvalidIdentityToken"),
                       ("container", "container endpoint: the answer was 403"),
                       ("role", "the answer was 403 InvalidClientTokenId"), ("process", "ended with 7")):
        code, _, text = check_with(env[name])
        assert code == 1 and word in text and "t0k3n" not in text, (name, text)


def test_what_needs_a_person_is_refused_in_so_many_words(endpoint, tmp_path):
    (tmp_path / "config").write_text("[profile sso]\nsso_session = corp\n"
                                     "[profile mfa]\nrole_arn = r\nsource_profile = base\nmfa_serial = m\n")
    for name, word in (("sso", "a person who logs in (sso_session)"), ("mfa", "MFA device")):
        code, _, text = check_with({"AWS_PROFILE": name, "AWS_CONFIG_FILE": str(tmp_path / "config")})
        assert code == 1 and word in text, (name, text)
