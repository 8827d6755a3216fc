//! The tables, as both databases have them.

diesel::table! {
    projects (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        key_start -> Text,
        environment_segment -> Bool,
        key_count -> BigInt,
        created_at -> Timestamp,
        rate_limit_requests -> Nullable<BigInt>,
        rate_limit_seconds -> Nullable<BigInt>,
        changed_in -> BigInt,
        default_lifetime_days -> Nullable<BigInt>,
        max_lifetime_days -> Nullable<BigInt>,
        archived_at -> Nullable<Timestamp>,
        archived_by -> Nullable<Text>,
        has_imported -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    scopes (id) {
        id -> BigInt,
        project_id -> BigInt,
        name -> Text,
        description -> Text,
        includes -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        password_hash -> Text,
        disabled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        joined_at -> Nullable<Timestamp>,
        version -> BigInt,
        local_times -> Bool,
    }
}

diesel::table! {
    grants (id) {
        id -> BigInt,
        user_id -> BigInt,
        project_id -> Nullable<BigInt>,
        role -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    sessions (digest) {
        digest -> Binary,
        user_id -> BigInt,
        state -> Text,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        client_ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    setup_codes (digest) {
        digest -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    keys (id) {
        id -> BigInt,
        project_id -> BigInt,
        digest -> Binary,
        prefix -> Text,
        label -> Text,
        label_folded -> Text,
        environment -> Text,
        scopes -> Text,
        expires_at -> Timestamp,
        rate_limit_requests -> Nullable<BigInt>,
        rate_limit_seconds -> Nullable<BigInt>,
        allowed_ips -> Text,
        created_at -> Timestamp,
        created_by -> Text,
        revoked_at -> Nullable<Timestamp>,
        revoked_by -> Nullable<Text>,
        revoke_reason -> Nullable<Text>,
        revoke_note -> Nullable<Text>,
        replaces -> Nullable<BigInt>,
        replaced_by -> Nullable<BigInt>,
        last_used_at -> Nullable<Timestamp>,
        last_used_ip -> Nullable<Text>,
        last_used_agent -> Nullable<Text>,
        quiet_since -> Timestamp,
        tried_at -> Nullable<Timestamp>,
        version -> BigInt,
        changed_in -> BigInt,
        consumer -> Nullable<Text>,
        owner -> Nullable<Text>,
        metadata -> Nullable<Text>,
    }
}

diesel::table! {
    key_terms (project_id, term, key_id) {
        project_id -> BigInt,
        term -> Text,
        key_id -> BigInt,
    }
}

diesel::table! {
    key_usage (key_id, hour, outcome) {
        key_id -> BigInt,
        hour -> Timestamp,
        outcome -> Text,
        requests -> BigInt,
    }
}

diesel::table! {
    scope_usage (key_id, scope, hour) {
        key_id -> BigInt,
        scope -> Text,
        hour -> Timestamp,
        requests -> BigInt,
    }
}

diesel::table! {
    project_scope_usage (project_id, scope, day) {
        project_id -> BigInt,
        scope -> Text,
        day -> Timestamp,
        requests -> BigInt,
    }
}

diesel::table! {
    project_usage (project_id, hour, outcome) {
        project_id -> BigInt,
        hour -> Timestamp,
        outcome -> Text,
        requests -> BigInt,
    }
}

diesel::table! {
    key_sources (key_id, ip, user_agent) {
        key_id -> BigInt,
        ip -> Text,
        user_agent -> Text,
        first_seen -> Timestamp,
        last_seen -> Timestamp,
        passed -> BigInt,
        refused -> BigInt,
        refused_at -> Nullable<Timestamp>,
        refusal -> Nullable<Text>,
        network -> Text,
    }
}

diesel::table! {
    trusted_time (id) {
        id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    usage_gaps (hour) {
        hour -> Timestamp,
        requests -> BigInt,
        without_source -> BigInt,
    }
}

diesel::table! {
    instances (id) {
        id -> BigInt,
        applied -> BigInt,
        beat -> BigInt,
    }
}

diesel::table! {
    rollbacks (entry) {
        entry -> BigInt,
        at -> Timestamp,
        lost_from -> BigInt,
        last_known -> BigInt,
        is_exact -> Bool,
        keys -> Text,
        projects -> Text,
        acknowledged_at -> Nullable<Timestamp>,
        acknowledged_by -> Nullable<Text>,
    }
}

diesel::table! {
    reveals (kind, of_id) {
        kind -> Text,
        of_id -> BigInt,
        session_id -> Text,
        sealed -> Binary,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    password_links (digest) {
        digest -> Binary,
        user_id -> BigInt,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    personal_tokens (id) {
        id -> BigInt,
        user_id -> BigInt,
        digest -> Binary,
        prefix -> Text,
        description -> Text,
        permissions -> Text,
        project_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        last_used_ip -> Nullable<Text>,
        revoked_at -> Nullable<Timestamp>,
        revoked_by -> Nullable<Text>,
    }
}

diesel::table! {
    idempotent_calls (user_id, idempotency_key) {
        user_id -> BigInt,
        idempotency_key -> Text,
        request -> Binary,
        answer -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    audit_head (id) {
        id -> BigInt,
        last_entry -> BigInt,
        hash -> Binary,
        installation -> Text,
        broken_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_terms (term, entry) {
        term -> Text,
        entry -> BigInt,
    }
}

diesel::table! {
    audit_checkpoints (entry, is_cut) {
        entry -> BigInt,
        is_cut -> Bool,
        at -> Timestamp,
        hash -> Binary,
        note -> Text,
    }
}

diesel::table! {
    audit_entries (id) {
        id -> BigInt,
        at -> Timestamp,
        actor -> Text,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        subject -> Text,
        project_id -> Nullable<BigInt>,
        key_id -> Nullable<BigInt>,
        related_key_id -> Nullable<BigInt>,
        details -> Text,
        client_ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        request_id -> Nullable<Text>,
        previous_hash -> Binary,
        hash -> Binary,
    }
}

diesel::joinable!(keys -> projects (project_id));
diesel::joinable!(scopes -> projects (project_id));
diesel::table! {
    reviews (id) {
        id -> BigInt,
        title -> Text,
        project_id -> Nullable<BigInt>,
        subject -> Text,
        due_at -> Timestamp,
        four_eyes -> Bool,
        revoke_unanswered -> Bool,
        opened_by -> Text,
        opened_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        csv_sha256 -> Nullable<Text>,
        jsonl_sha256 -> Nullable<Text>,
    }
}

diesel::table! {
    review_items (review_id, key_id) {
        review_id -> BigInt,
        key_id -> BigInt,
        project_id -> BigInt,
        answer -> Nullable<Text>,
        word -> Nullable<Text>,
        answered_by -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        evidence -> Nullable<Text>,
    }
}

diesel::joinable!(review_items -> reviews (review_id));
diesel::joinable!(review_items -> keys (key_id));
diesel::joinable!(grants -> projects (project_id));
diesel::joinable!(grants -> users (user_id));
diesel::joinable!(password_links -> users (user_id));
diesel::joinable!(personal_tokens -> projects (project_id));
diesel::allow_tables_to_appear_in_same_query!(
    projects,
    scopes,
    users,
    grants,
    sessions,
    keys,
    key_terms,
    key_usage,
    project_usage,
    key_sources,
    reveals,
    audit_entries,
    audit_terms,
    password_links,
    personal_tokens,
    reviews,
    review_items,
);
