// Timetable
