"""Who learns. Classes, enrolment and attendance have an issue of their own; this keeps their place."""
