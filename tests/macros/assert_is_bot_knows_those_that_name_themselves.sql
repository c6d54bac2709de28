-- Crawlers and browsers that a program drives name themselves; a missing user agent is nobody's.
with cases as (

    select
        listed.user_agent,
        listed.expected,
        {{ is_bot('listed.user_agent') }} as found
    from (
        values
        ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36', false),
        ('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', true),
        ('Mozilla/5.0 (compatible; Baiduspider/2.0)', true),
        ('Sogou web Spider/4.0', true),
        ('Example WebCrawler', true),
        ('Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0.0.0 Safari/537.36', true),
        ('Mozilla/5.0 (compatible; Yahoo! Slurp)', true),
        ('python-requests/2.32.3', true),
        ('curl/8.7.1', true),
        ('', false),
        (null, false)
    ) as listed (user_agent, expected)

)

select *
from cases
where found is distinct from expected
