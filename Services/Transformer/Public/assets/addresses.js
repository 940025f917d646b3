// Addresses of pages and of what they ask. An address holds what its reader chose.
import { segment } from "/shared/api.js";

export const environmentPage = (environment) => `/environments/${segment(environment)}`;
export const modelPage = (environment, model) => `${environmentPage(environment)}/models/${segment(model)}`;
export const graphPage = (environment, choice = {}) => `${environmentPage(environment)}/graph${query(choice)}`;
export const differencesPage = (from, to) => `/differences${query({ from, to })}`;
export const planPage = (environment) => `/plan${query({ environment })}`;

export const api = (environment, rest = "", choice = {}) => `/api/v1/environments/${segment(environment)}${rest}${query(choice)}`;

/** `?a=1&b=2`, without what has no value. */
export function query(choice) {
  const parameters = new URLSearchParams(Object.entries(choice).filter(([, value]) => value !== undefined && value !== null && value !== ""));
  return parameters.size ? `?${parameters}` : "";
}

/** What the address of this page says. */
export const chosen = () => Object.fromEntries(new URLSearchParams(location.search));

/** Puts a choice into the address, without a new page. */
export const remember = (choice) => history.replaceState(null, "", `${location.pathname}${query(choice)}`);
