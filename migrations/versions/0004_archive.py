"""The archive: threads, full text, and marks for what was taken out.

Only adds: the previous release goes on filing posts; those have no thread and no text
until `listhub archive reindex`.

Revision: 0004   after: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE archive_message
    ADD COLUMN thread_id BIGINT,
    ADD COLUMN refs TEXT[] DEFAULT '{}' NOT NULL,
    ADD COLUMN stem TEXT DEFAULT '' NOT NULL,
    ADD COLUMN answers BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN author_name TEXT DEFAULT '' NOT NULL,
    ADD COLUMN size BIGINT DEFAULT 0 NOT NULL,
    ADD COLUMN attachments BIGINT DEFAULT 0 NOT NULL;

CREATE INDEX archive_message_thread ON archive_message (thread_id);

CREATE INDEX archive_message_stem ON archive_message (list_id, stem, sent_at, permalink) WHERE stem <> '';

CREATE INDEX archive_message_order ON archive_message (list_id, sent_at, id);

CREATE TABLE archive_key (
    list_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    thread_id BIGINT NOT NULL,
    CONSTRAINT archive_key_pkey PRIMARY KEY (list_id, key),
    CONSTRAINT archive_key_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);

CREATE INDEX archive_key_thread_id_idx ON archive_key (thread_id);

CREATE TABLE archive_text (
    id BIGINT NOT NULL,
    list_id BIGINT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    language TEXT NOT NULL,
    words TSVECTOR NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT archive_text_pkey PRIMARY KEY (id),
    CONSTRAINT archive_text_id_fkey FOREIGN KEY(id) REFERENCES archive_message (id) ON DELETE CASCADE
);

-- Text and words out of line: what a search counts and sorts stays in few pages.
ALTER TABLE archive_text SET (toast_tuple_target = 128);

CREATE INDEX archive_text_words ON archive_text USING gin (words);

CREATE INDEX archive_text_order ON archive_text (list_id, sent_at, id);

CREATE INDEX archive_text_newest ON archive_text (sent_at, id);

CREATE TABLE archive_removed (
    list_id BIGINT NOT NULL,
    permalink TEXT NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT archive_removed_pkey PRIMARY KEY (list_id, permalink),
    CONSTRAINT archive_removed_list_id_fkey FOREIGN KEY(list_id) REFERENCES mailing_list (id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE archive_removed, archive_text, archive_key;
        DROP INDEX archive_message_order, archive_message_stem, archive_message_thread;
        ALTER TABLE archive_message
            DROP COLUMN thread_id, DROP COLUMN refs, DROP COLUMN stem,
            DROP COLUMN answers, DROP COLUMN author_name, DROP COLUMN size,
            DROP COLUMN attachments
        """
    )
