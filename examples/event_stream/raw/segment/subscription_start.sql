-- The table of the one event that is tracked, with its properties; the address of a track is no property.
select * exclude (email)
from read_csv('TRACKS.csv', all_varchar = true)
