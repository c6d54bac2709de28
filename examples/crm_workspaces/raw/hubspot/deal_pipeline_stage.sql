select
    stage_id,
    stage_id = 'closed_won' as closed_won
from (values ('closed_won'), ('closed_lost'), ('open')) as stages (stage_id)
