/*
 * conversion.c: numbers by which units, currencies, epochs and scales are converted.
 *
 * Exact by definition where there is one: the international yard and pound of 1959, SI 2019.
 * Weights say how often one meets them, from experience with data that broke, not from a count.
 */
#include "postgres.h"

#include "drift/conversion.h"

const Conversion known_factors[] = {
	{1000, 0, .15, "thousands, kilo and base units, or seconds and milliseconds"},
	{100, 0, .15, "cents, percent, or metres and centimetres"},
	{10, 0, .10, "tenths, or centimetres and millimetres"},
	{1e6, 0, .06, "millions, or seconds and microseconds"},
	{1e9, 0, .03, "billions, or seconds and nanoseconds"},
	{1e4, 0, .03, "basis points"},
	{1e5, 0, .01, "kilometres and centimetres"},
	{60, 0, .05, "minutes and seconds, or hours and minutes"},
	{3600, 0, .04, "hours and seconds"},
	{86400, 0, .03, "days and seconds"},
	{3600000, 0, .01, "hours and milliseconds"},
	{86400000, 0, .01, "days and milliseconds"},
	{24, 0, .03, "days and hours"},
	{1440, 0, .01, "days and minutes"},
	{7, 0, .01, "weeks and days"},
	{12, 0, .03, "years and months, or dozens"},
	{365, 0, .01, "years and days"},
	{365.25, 0, .01, "years and days"},
	{52, 0, .01, "years and weeks"},
	{1024, 0, .03, "binary kilo"},
	{1048576, 0, .03, "binary mega"},
	{1073741824, 0, .02, "binary giga"},
	{8, 0, .02, "bytes and bits"},
	{2.54, 0, .02, "inches and centimetres"},
	{25.4, 0, .01, "inches and millimetres"},
	{0.3048, 0, .02, "feet and metres"},
	{30.48, 0, .01, "feet and centimetres"},
	{0.9144, 0, .01, "yards and metres"},
	{1.609344, 0, .02, "miles and kilometres"},
	{1609.344, 0, .01, "miles and metres"},
	{1.852, 0, .01, "nautical miles and kilometres, or knots and km/h"},
	{3.6, 0, .02, "m/s and km/h"},
	{0.45359237, 0, .02, "pounds and kilograms"},
	{453.59237, 0, .01, "pounds and grams"},
	{28.349523125, 0, .01, "ounces and grams"},
	{31.1034768, 0, .01, "troy ounces and grams"},
	{3.785411784, 0, .02, "US gallons and litres"},
	{4.54609, 0, .01, "imperial gallons and litres"},
	{4.184, 0, .01, "calories and joules"},
	{1.8, 0, .01, "kelvin and degrees Rankine, or differences of degrees Celsius and Fahrenheit"},
	{0.017453292519943295, 0, .02, "degrees and radians"},
	{18.0182, 0, .01, "blood glucose in mmol/l and mg/dl"},
	{88.4, 0, .01, "creatinine in mg/dl and umol/l"},
	{7.50062, 0, .01, "kPa and mmHg"},
	{255, 0, .03, "colours from 0 to 1 and from 0 to 255"},
};
const int num_known_factors = lengthof(known_factors);

const Conversion known_shifts[] = {
	{1, 273.15, .3, "degrees Celsius and kelvin"},
	{1, 946684800, .1, "seconds since 1970 and since 2000"},
	{1, 2208988800, .05, "seconds since 1900 and since 1970"},
	{1, 2082844800, .02, "seconds since 1904 and since 1970"},
	{1, 11644473600, .03, "seconds since 1601 and since 1970"},
	{1, 25569, .05, "days of a spreadsheet and since 1970"},
	{1, 10957, .05, "days since 1970 and since 2000"},
	{1, 1462, .03, "days of spreadsheets since 1900 and since 1904"},
	{1, 2440587.5, .02, "Julian days and days since 1970"},
	{1, 2400000.5, .02, "Julian days and modified Julian days"},
	{1, 1900, .1, "years with and without a century"},
	{1, 2000, .1, "years with and without a century"},
	{1, 543, .03, "Buddhist and common years"},
	{1, 360, .05, "longitudes from -180 and from 0"},
	{1, 459.67, .05, "degrees Fahrenheit and Rankine"},
};
const int num_known_shifts = lengthof(known_shifts);

#define DAY 86400.0

const Conversion known_time_shifts[] = {
	{1, 946684800, .3, "epochs of 1970 and 2000"},
	{1, 2208988800, .2, "epochs of 1900 and 1970"},
	{1, 2082844800, .1, "epochs of 1904 and 1970"},
	{1, 1462 * DAY, .2, "spreadsheets that count from 1900 and from 1904"},
	{1, 36525 * DAY, .1, "two centuries"},
	{1, 36524 * DAY, .1, "two centuries"},
};
const int num_known_time_shifts = lengthof(known_time_shifts);

const Conversion known_affine[] = {
	{1.8, 32, .4, "degrees Celsius to Fahrenheit"},
	{5 / 9.0, -160 / 9.0, .4, "degrees Fahrenheit to Celsius"},
	{1.8, -459.67, .1, "kelvin to degrees Fahrenheit"},
	{5 / 9.0, 459.67 * 5 / 9, .1, "degrees Fahrenheit to kelvin"},
};
const int num_known_affine = lengthof(known_affine);
