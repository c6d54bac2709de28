-- One event per row of the activity files; their ids are the keys of the files. The files know days,
-- not times: every event occurs at midnight.
select
    'watched-' || student_id || '-' || course_id || '-' || date_watched as event_id,
    'course_watched' as event_name,
    cast(date_watched as timestamp) as occurred_at,
    cast(student_id as varchar) as user_id,
    cast(json_object('course_id', course_id, 'minutes', minutes_watched) as varchar) as properties
from read_csv('student_learning.csv')

union all

select
    'studied-' || engagement_id as event_id,
    'studied' as event_name,
    cast(date_engaged as timestamp) as occurred_at,
    cast(student_id as varchar) as user_id,
    cast(json_object(
        'lessons', engagement_lessons = 1,
        'quizzes', engagement_quizzes = 1,
        'exams', engagement_exams = 1
    ) as varchar) as properties
from read_csv('student_engagement.csv')

union all

-- Half of the attempts are of exams that exam_info does not describe: their category is null.
select
    'exam-' || attempts.exam_attempt_id as event_id,
    'exam_completed' as event_name,
    cast(attempts.date_exam_completed as timestamp) as occurred_at,
    cast(attempts.student_id as varchar) as user_id,
    cast(json_object(
        'exam_id', attempts.exam_id,
        'exam_category', exams.exam_category,
        'result', attempts.exam_result,
        'minutes', attempts.exam_completion_time
    ) as varchar) as properties
from read_csv('student_exams.csv') as attempts
left join read_csv('exam_info.csv') as exams
    on attempts.exam_id = exams.exam_id

union all

select
    'question-' || hub_question_id as event_id,
    'question_asked' as event_name,
    cast(date_question_asked as timestamp) as occurred_at,
    cast(student_id as varchar) as user_id,
    cast(null as varchar) as properties
from read_csv('student_hub_questions.csv')

union all

select
    'rating-' || course_id || '-' || student_id as event_id,
    'course_rated' as event_name,
    cast(date_rated as timestamp) as occurred_at,
    cast(student_id as varchar) as user_id,
    cast(json_object('course_id', course_id, 'rating', course_rating) as varchar) as properties
from read_csv('course_ratings.csv')
