-- Tables and indexes of the LMS as its first revision made them; later revisions change them.

CREATE TABLE loop_reports (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    run_id UUID NOT NULL,
    report JSONB NOT NULL,
    received_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT loop_reports_pkey PRIMARY KEY (id),
    CONSTRAINT loop_reports_run_id_key UNIQUE (run_id)
);
CREATE INDEX idx_loop_reports_received ON loop_reports (received_at desc);

CREATE TABLE organizations (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(255) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    logo_url TEXT,
    domain VARCHAR(255),
    settings JSONB DEFAULT '{}' NOT NULL,
    subscription_plan VARCHAR(50),
    made_up BOOLEAN DEFAULT false NOT NULL,
    imported BOOLEAN DEFAULT false NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,99}$'),
    CONSTRAINT organizations_slug_key UNIQUE (slug)
);

CREATE TABLE service_nonces (
    nonce VARCHAR(64) NOT NULL,
    used_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT service_nonces_pkey PRIMARY KEY (nonce)
);
CREATE INDEX idx_service_nonces_used ON service_nonces (used_at);

CREATE TABLE imports (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    kind VARCHAR(50) NOT NULL,
    file_hash VARCHAR(64) NOT NULL,
    report JSONB DEFAULT '{}' NOT NULL,
    started_at timestamptz DEFAULT now() NOT NULL,
    finished_at timestamptz,
    CONSTRAINT imports_pkey PRIMARY KEY (id),
    CONSTRAINT imports_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX imports_finished_once ON imports (organization_id, kind, file_hash) WHERE finished_at is not null;

CREATE TABLE prediction_batches (
    organization_id UUID NOT NULL,
    batch_id UUID NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    received INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    stored_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT prediction_batches_pkey PRIMARY KEY (batch_id),
    CONSTRAINT prediction_batches_reconciles_check CHECK (received = stored + repeated + refused),
    CONSTRAINT prediction_batches_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id)
);

CREATE TABLE users (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    email VARCHAR(255) NOT NULL,
    password_hash VARCHAR(255),
    first_name VARCHAR(100),
    last_name VARCHAR(100),
    avatar_url TEXT,
    role VARCHAR(50) NOT NULL,
    status VARCHAR(20) DEFAULT 'active' NOT NULL,
    preferences JSONB DEFAULT '{}' NOT NULL,
    predictions_opt_out BOOLEAN DEFAULT false NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_organization_id_email_key UNIQUE (organization_id, email),
    CONSTRAINT users_email_check CHECK (email = lower(email)),
    CONSTRAINT users_role_check CHECK (role in ('admin', 'instructor', 'ta', 'student')),
    CONSTRAINT users_status_check CHECK (status in ('active', 'inactive')),
    CONSTRAINT users_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE INDEX idx_users_email ON users (email);
CREATE INDEX idx_users_organization ON users (organization_id);

CREATE TABLE courses (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    instructor_id UUID,
    title VARCHAR(255) NOT NULL,
    slug VARCHAR(255) NOT NULL,
    family VARCHAR(64) NOT NULL,
    description TEXT,
    thumbnail_url TEXT,
    category VARCHAR(100),
    tags TEXT[] DEFAULT '{}' NOT NULL,
    difficulty_level VARCHAR(20),
    duration_hours INTEGER,
    price NUMERIC(10, 2),
    is_published BOOLEAN DEFAULT false NOT NULL,
    enrollment_limit INTEGER,
    starts_at timestamptz,
    ends_at timestamptz,
    revision INTEGER DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT courses_pkey PRIMARY KEY (id),
    CONSTRAINT courses_organization_id_slug_key UNIQUE (organization_id, slug),
    CONSTRAINT courses_difficulty_level_check CHECK (difficulty_level in ('beginner', 'intermediate', 'advanced')),
    CONSTRAINT courses_enrollment_limit_check CHECK (enrollment_limit >= 0),
    CONSTRAINT courses_dates_check CHECK (ends_at > starts_at),
    CONSTRAINT courses_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT courses_instructor_id_fkey FOREIGN KEY(instructor_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_courses_instructor ON courses (instructor_id);
CREATE INDEX idx_courses_organization ON courses (organization_id);
CREATE INDEX idx_courses_published ON courses (is_published) WHERE is_published = true;

CREATE TABLE pseudonyms (
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    actor_id UUID DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT pseudonyms_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT pseudonyms_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT pseudonyms_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT pseudonyms_actor_id_key UNIQUE (actor_id)
);

CREATE TABLE refresh_tokens (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    family_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT refresh_tokens_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT refresh_tokens_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX idx_refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX idx_refresh_tokens_user ON refresh_tokens (user_id);

CREATE TABLE assessments (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    course_id UUID NOT NULL,
    title VARCHAR(255) NOT NULL,
    type VARCHAR(50) NOT NULL,
    instructions TEXT,
    due_date timestamptz,
    time_limit_minutes INTEGER,
    max_attempts INTEGER DEFAULT 1,
    total_points INTEGER,
    weight NUMERIC(6, 2),
    revision INTEGER DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT assessments_pkey PRIMARY KEY (id),
    CONSTRAINT assessments_type_check CHECK (type in ('quiz', 'assignment', 'project', 'exam')),
    CONSTRAINT assessments_max_attempts_check CHECK (max_attempts >= 1),
    CONSTRAINT assessments_time_limit_minutes_check CHECK (time_limit_minutes >= 1),
    CONSTRAINT assessments_weight_check CHECK (weight >= 0),
    CONSTRAINT assessments_total_points_check CHECK (total_points >= 0),
    CONSTRAINT assessments_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT assessments_course_id_fkey FOREIGN KEY(course_id) REFERENCES courses (id)
);
CREATE INDEX idx_assessments_course ON assessments (course_id);

CREATE TABLE enrollments (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    student_id UUID NOT NULL,
    course_id UUID NOT NULL,
    enrolled_at timestamptz DEFAULT now() NOT NULL,
    completed_at timestamptz,
    ended_at timestamptz,
    progress_percentage NUMERIC(5, 2) DEFAULT 0 NOT NULL,
    status VARCHAR(20) DEFAULT 'active' NOT NULL,
    previous_attempts INTEGER DEFAULT 0 NOT NULL,
    credits INTEGER,
    revision INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT enrollments_pkey PRIMARY KEY (id),
    CONSTRAINT enrollments_student_id_course_id_key UNIQUE (student_id, course_id),
    CONSTRAINT enrollments_status_check CHECK (status in ('active', 'completed', 'dropped')),
    CONSTRAINT enrollments_progress_percentage_check CHECK (progress_percentage between 0 and 100),
    CONSTRAINT enrollments_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT enrollments_student_id_fkey FOREIGN KEY(student_id) REFERENCES users (id),
    CONSTRAINT enrollments_course_id_fkey FOREIGN KEY(course_id) REFERENCES courses (id)
);
CREATE INDEX idx_enrollments_course ON enrollments (course_id);
CREATE INDEX idx_enrollments_student ON enrollments (student_id);

CREATE TABLE lessons (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    course_id UUID NOT NULL,
    title VARCHAR(255) NOT NULL,
    content TEXT,
    video_url TEXT,
    duration_minutes INTEGER,
    order_index INTEGER DEFAULT 0 NOT NULL,
    is_free BOOLEAN DEFAULT false NOT NULL,
    activity_type VARCHAR(64) DEFAULT 'lesson' NOT NULL,
    week_from INTEGER,
    week_to INTEGER,
    revision INTEGER DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT lessons_pkey PRIMARY KEY (id),
    CONSTRAINT lessons_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT lessons_course_id_fkey FOREIGN KEY(course_id) REFERENCES courses (id) ON DELETE CASCADE
);
CREATE INDEX idx_lessons_course ON lessons (course_id, order_index);

CREATE TABLE course_results (
    organization_id UUID NOT NULL,
    enrollment_id UUID NOT NULL,
    outcome VARCHAR(20) NOT NULL,
    recorded_at timestamptz NOT NULL,
    retracted BOOLEAN DEFAULT false NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    CONSTRAINT course_results_pkey PRIMARY KEY (enrollment_id),
    CONSTRAINT course_results_outcome_check CHECK (outcome in ('distinction', 'pass', 'fail', 'withdrawn')),
    CONSTRAINT course_results_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT course_results_enrollment_id_fkey FOREIGN KEY(enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE
);

CREATE TABLE lesson_progress (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    enrollment_id UUID NOT NULL,
    lesson_id UUID NOT NULL,
    completed_at timestamptz,
    time_spent_seconds INTEGER,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT lesson_progress_pkey PRIMARY KEY (id),
    CONSTRAINT lesson_progress_enrollment_id_lesson_id_key UNIQUE (enrollment_id, lesson_id),
    CONSTRAINT lesson_progress_time_spent_seconds_check CHECK (time_spent_seconds >= 0),
    CONSTRAINT lesson_progress_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT lesson_progress_enrollment_id_fkey FOREIGN KEY(enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE,
    CONSTRAINT lesson_progress_lesson_id_fkey FOREIGN KEY(lesson_id) REFERENCES lessons (id) ON DELETE CASCADE
);
CREATE INDEX idx_lesson_progress_enrollment ON lesson_progress (enrollment_id);
CREATE INDEX idx_lesson_progress_lesson ON lesson_progress (lesson_id);

CREATE TABLE predictions (
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    enrollment_id UUID,
    user_id UUID,
    model_name VARCHAR(120) NOT NULL,
    model_version INTEGER NOT NULL,
    model_kind VARCHAR(20) NOT NULL,
    value DOUBLE PRECISION,
    band VARCHAR(10),
    reasons JSONB DEFAULT '[]' NOT NULL,
    items JSONB DEFAULT '[]' NOT NULL,
    features_as_of timestamptz NOT NULL,
    course_week INTEGER,
    computed_at timestamptz NOT NULL,
    replay_as_of DATE,
    batch_id UUID NOT NULL,
    trace_id VARCHAR(32),
    stored_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT predictions_pkey PRIMARY KEY (id),
    CONSTRAINT predictions_kind_check CHECK (kind in ('risk', 'courses', 'activities')),
    CONSTRAINT predictions_subject_check CHECK (num_nonnulls(enrollment_id, user_id) = 1),
    CONSTRAINT predictions_value_check CHECK (value between 0 and 1),
    CONSTRAINT predictions_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT predictions_enrollment_id_fkey FOREIGN KEY(enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE,
    CONSTRAINT predictions_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_predictions_batch ON predictions (batch_id);
CREATE INDEX predictions_latest_of_enrollment ON predictions (enrollment_id, kind, computed_at desc) WHERE replay_as_of is null and enrollment_id is not null;
CREATE INDEX predictions_latest_of_user ON predictions (user_id, kind, computed_at desc) WHERE replay_as_of is null and user_id is not null;
CREATE INDEX predictions_of_replay ON predictions (organization_id, replay_as_of, enrollment_id) WHERE replay_as_of is not null;

CREATE TABLE questions (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    assessment_id UUID NOT NULL,
    question_text TEXT NOT NULL,
    question_type VARCHAR(50) NOT NULL,
    options JSONB,
    correct_answer TEXT,
    points INTEGER DEFAULT 1 NOT NULL,
    order_index INTEGER DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT questions_pkey PRIMARY KEY (id),
    CONSTRAINT questions_question_type_check CHECK (question_type in ('mcq', 'true_false', 'essay', 'coding')),
    CONSTRAINT questions_points_check CHECK (points >= 0),
    CONSTRAINT questions_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT questions_assessment_id_fkey FOREIGN KEY(assessment_id) REFERENCES assessments (id) ON DELETE CASCADE
);
CREATE INDEX idx_questions_assessment ON questions (assessment_id);

CREATE TABLE submissions (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    assessment_id UUID NOT NULL,
    enrollment_id UUID NOT NULL,
    student_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    started_at timestamptz,
    submitted_at timestamptz,
    banked BOOLEAN DEFAULT false NOT NULL,
    score NUMERIC(5, 2),
    graded_at timestamptz,
    grade_revision INTEGER DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT submissions_pkey PRIMARY KEY (id),
    CONSTRAINT submissions_assessment_id_enrollment_id_attempt_key UNIQUE (assessment_id, enrollment_id, attempt),
    CONSTRAINT submissions_attempt_check CHECK (attempt >= 1),
    CONSTRAINT submissions_score_check CHECK (score between 0 and 100),
    CONSTRAINT submissions_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT submissions_assessment_id_fkey FOREIGN KEY(assessment_id) REFERENCES assessments (id),
    CONSTRAINT submissions_enrollment_id_fkey FOREIGN KEY(enrollment_id) REFERENCES enrollments (id),
    CONSTRAINT submissions_student_id_fkey FOREIGN KEY(student_id) REFERENCES users (id)
);
CREATE INDEX idx_submissions_enrollment ON submissions (enrollment_id);
CREATE INDEX idx_submissions_student ON submissions (student_id);

CREATE TABLE interventions (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    enrollment_id UUID NOT NULL,
    instructor_id UUID NOT NULL,
    prediction_id UUID,
    act VARCHAR(30) NOT NULL,
    note TEXT,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT interventions_pkey PRIMARY KEY (id),
    CONSTRAINT interventions_act_check CHECK (act in ('contacted', 'extension_given', 'no_need')),
    CONSTRAINT interventions_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT interventions_enrollment_id_fkey FOREIGN KEY(enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE,
    CONSTRAINT interventions_instructor_id_fkey FOREIGN KEY(instructor_id) REFERENCES users (id),
    CONSTRAINT interventions_prediction_id_fkey FOREIGN KEY(prediction_id) REFERENCES predictions (id) ON DELETE SET NULL
);
CREATE INDEX idx_interventions_enrollment ON interventions (enrollment_id, created_at);

CREATE TABLE prediction_exposures (
    organization_id UUID NOT NULL,
    prediction_id UUID NOT NULL,
    viewer_id UUID NOT NULL,
    shown_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT prediction_exposures_pkey PRIMARY KEY (prediction_id, viewer_id),
    CONSTRAINT prediction_exposures_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT prediction_exposures_prediction_id_fkey FOREIGN KEY(prediction_id) REFERENCES predictions (id) ON DELETE CASCADE,
    CONSTRAINT prediction_exposures_viewer_id_fkey FOREIGN KEY(viewer_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE student_answers (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    submission_id UUID NOT NULL,
    student_id UUID NOT NULL,
    question_id UUID NOT NULL,
    answer_text TEXT,
    is_correct BOOLEAN,
    points_earned INTEGER,
    submitted_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT student_answers_pkey PRIMARY KEY (id),
    CONSTRAINT student_answers_submission_id_question_id_key UNIQUE (submission_id, question_id),
    CONSTRAINT student_answers_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT student_answers_submission_id_fkey FOREIGN KEY(submission_id) REFERENCES submissions (id) ON DELETE CASCADE,
    CONSTRAINT student_answers_student_id_fkey FOREIGN KEY(student_id) REFERENCES users (id),
    CONSTRAINT student_answers_question_id_fkey FOREIGN KEY(question_id) REFERENCES questions (id)
);
CREATE INDEX idx_student_answers_question ON student_answers (question_id);
CREATE INDEX idx_student_answers_student ON student_answers (student_id);
