"""Accounts: sessions, links, passwords, second factors, identities, tokens, limits.

Only new tables.

Revision: 0007   after: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The limits need no WAL: after a crash everybody begins anew.
TABLES = """
CREATE TABLE web_session (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest BYTEA NOT NULL,
    person_id BIGINT NOT NULL,
    method TEXT NOT NULL,
    second_factor_at TIMESTAMP WITH TIME ZONE,
    user_agent TEXT DEFAULT '' NOT NULL,
    came_from TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT web_session_pkey PRIMARY KEY (id),
    CONSTRAINT web_session_method_check CHECK (method IN ('link', 'password', 'oidc', 'header')),
    CONSTRAINT web_session_digest_key UNIQUE (digest),
    CONSTRAINT web_session_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE INDEX web_session_expires_at_idx ON web_session (expires_at);

CREATE INDEX web_session_person_id_idx ON web_session (person_id);

CREATE TABLE sign_in_link (
    digest BYTEA NOT NULL,
    address TEXT NOT NULL,
    next_path TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT sign_in_link_pkey PRIMARY KEY (digest)
);

CREATE INDEX sign_in_link_expires_at_idx ON sign_in_link (expires_at);

CREATE TABLE password (
    person_id BIGINT NOT NULL,
    hash TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT password_pkey PRIMARY KEY (person_id),
    CONSTRAINT password_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE TABLE second_factor (
    person_id BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    last_step BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT second_factor_pkey PRIMARY KEY (person_id),
    CONSTRAINT second_factor_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE TABLE recovery_code (
    person_id BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT recovery_code_pkey PRIMARY KEY (person_id, digest),
    CONSTRAINT recovery_code_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE TABLE identity (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id BIGINT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT identity_pkey PRIMARY KEY (id),
    CONSTRAINT identity_issuer_subject_key UNIQUE (issuer, subject),
    CONSTRAINT identity_person_id_issuer_key UNIQUE (person_id, issuer),
    CONSTRAINT identity_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE TABLE api_token (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    person_id BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    name TEXT NOT NULL,
    rights TEXT NOT NULL,
    domain_id BIGINT,
    list_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_by TEXT,
    CONSTRAINT api_token_pkey PRIMARY KEY (id),
    CONSTRAINT api_token_rights_check CHECK (rights IN ('read', 'moderate', 'manage')),
    CONSTRAINT api_token_scope_check CHECK (domain_id IS NULL OR list_id IS NULL),
    CONSTRAINT api_token_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT api_token_digest_key UNIQUE (digest),
    CONSTRAINT api_token_domain_id_fkey FOREIGN KEY(domain_id) REFERENCES domain (id) ON DELETE CASCADE,
    CONSTRAINT api_token_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX api_token_domain_id_idx ON api_token (domain_id);

CREATE INDEX api_token_list_id_idx ON api_token (list_id);

CREATE INDEX api_token_person_id_idx ON api_token (person_id);

CREATE UNLOGGED TABLE rate_limit (
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    whole_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT rate_limit_pkey PRIMARY KEY (name, subject)
);

CREATE TABLE api_answer (
    token_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    request BYTEA NOT NULL,
    status BIGINT,
    headers JSONB DEFAULT '{}' NOT NULL,
    body TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT api_answer_pkey PRIMARY KEY (token_id, key),
    CONSTRAINT api_answer_token_id_fkey FOREIGN KEY(token_id) REFERENCES api_token (id) ON DELETE CASCADE
);

CREATE INDEX api_answer_created_at_idx ON api_answer (created_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE api_answer, rate_limit, api_token, identity, recovery_code,
                   second_factor, password, sign_in_link, web_session;
        """
    )
