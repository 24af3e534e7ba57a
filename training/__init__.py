"""Who learns: courses, classes, enrolment, attendance, certificates."""
