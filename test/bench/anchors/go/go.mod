module timeanchor

go 1.24
