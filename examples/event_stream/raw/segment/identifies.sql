select *
from read_csv('IDENTIFIES.csv', all_varchar = true)
