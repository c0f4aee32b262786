"use strict";

// Swagger UI over our own schema. What is tried here runs with the rights of the session, so it carries the form token.
(() => {
  const place = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    validatorUrl: null,
    presets: [window.SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      const isOurs = new URL(request.url, document.baseURI).origin === window.location.origin;
      if (isOurs && !["GET", "HEAD"].includes((request.method || "GET").toUpperCase())) {
        request.headers["X-CSRFToken"] = place.dataset.csrf;
      }
      return request;
    },
  });
})();
