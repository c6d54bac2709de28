select *
from read_csv('PAGES.csv', all_varchar = true)
